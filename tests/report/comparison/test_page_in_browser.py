"""The page in a real browser: what its script shows, and that nothing goes wrong."""

import io
import json
import time

import pytest
from browser import REASON, Browser, found
from made_contest import candidate, rows
from made_judgement import judgement
from made_page import HOSTILE, MANIFEST, hostile, large

from lowbit_sim.report.comparison.page import comparison_page

pytestmark = pytest.mark.skipif(found() is None, reason=REASON)
POINTS = "[...document.querySelectorAll('.mark')].map(one => Number(one.dataset.place))"
FRONT = "[...document.querySelectorAll('.mark.front')].map(one => Number(one.dataset.place))"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    one = Browser(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.fixture
def shown(browser, tmp_path):
    """Open the page of a judgement; afterwards nothing may have been logged or asked for."""

    def show(made, **window):
        path = tmp_path / "index.html"
        path.write_text(comparison_page(made, MANIFEST), encoding="utf-8")
        browser.events.clear()
        browser.open(path, **window)
        assert browser.value("'ready' in document.documentElement.dataset")
        return browser

    yield show
    assert browser.faults() == []
    assert {one.partition("#")[0] for one in browser.requests()} == {
        (tmp_path / "index.html").resolve().as_uri()
    }


def choose(browser, name, value):
    browser.value(
        f"(() => {{ const one = document.getElementById('{name}'); one.value = {json.dumps(value)};"
        "one.dispatchEvent(new Event('change')); })()"
    )


def text(browser, selector):
    return browser.value(f"document.querySelector({json.dumps(selector)}).textContent")


def column(browser, number):
    return browser.value(
        "[...document.querySelectorAll('#candidates-table tbody tr')]"
        f".map(row => row.children[{number}].textContent)"
    )


def dominant(contest, places, costs):
    """The candidates that no other beats in loss and cost, by comparing all pairs."""

    def beaten(place):
        mine = (contest.mean_losses[place], costs[place])
        others = [(contest.mean_losses[one], costs[one]) for one in places if one != place]
        return any(
            loss <= mine[0] and cost <= mine[1] and (loss, cost) != mine for loss, cost in others
        )

    return {place for place in places if not beaten(place)}


def test_each_part_is_drawn(shown):
    browser = shown(judgement())
    assert sorted(browser.value(POINTS)) == list(range(7))
    assert len(column(browser, 0)) == 8
    assert text(browser, "#candidates-count") == "8 of 8 candidates"
    assert "3 levels on small, net, cold (winner): 100 cycles" in text(browser, "#layers-said")
    assert browser.value("document.querySelectorAll('#layers-shown tbody tr').length") == 1
    assert browser.value("document.querySelectorAll('#doubt .card').length") == 2


@pytest.mark.parametrize("gain", ["accuracy", "loss"])
@pytest.mark.parametrize(
    ("cost", "column_name"),
    [
        ("energy_delay_pj_s", "energy_delays_pj_s"),
        ("energy_pj", "energies_pj"),
        ("seconds", "seconds"),
    ],
)
def test_the_front_is_that_of_the_chosen_axes(shown, gain, cost, column_name):
    made = judgement()
    (decided,) = made.decided
    browser = shown(made)
    choose(browser, "pareto-cost", cost)
    choose(browser, "pareto-gain", gain)
    wanted = dominant(decided.contest, range(7), getattr(decided.contest, column_name))
    assert set(browser.value(FRONT)) == wanted


def test_machines_are_left_out_of_drawing_and_front(shown):
    browser = shown(judgement())
    browser.point_at("[data-machine=small]", click=True)
    assert sorted(browser.value(POINTS)) == [3, 4, 5, 6]
    browser.point_at("[data-machine=small]", click=True)
    assert sorted(browser.value(POINTS)) == list(range(7))
    browser.point_at("[data-machine=large]", click=True)
    assert sorted(browser.value(POINTS)) == [0, 1, 2]
    browser.point_at("#pareto-all", click=True)
    assert sorted(browser.value(POINTS)) == list(range(7))
    browser.point_at("#pareto-all", click=True)
    assert "None of the machines" in text(browser, "#pareto-drawing")


def test_pointing_at_a_candidate_and_the_keyboard_tell_its_numbers(shown):
    browser = shown(judgement())
    browser.point_at(".mark[data-place='1']")
    told = text(browser, "#pareto-readout")
    assert told.startswith("3 levels")
    assert "89.80 ± 0.25 %" in told  # t(0.975, 2) · 0.001 / √3
    assert "winner" in told
    browser.value("document.querySelector('.mark[tabindex=\"0\"]').focus()")
    first = browser.value("document.activeElement.dataset.place")
    browser.press("ArrowRight")
    second = browser.value("document.activeElement.dataset.place")
    assert first != second
    assert browser.value("document.querySelectorAll('.mark[tabindex=\"0\"]').length") == 1
    browser.point_at(".mark[data-place='4']")
    browser.point_at("#pareto-readout button", click=True)
    assert "3 levels on large" in text(browser, "#layers-said")


def test_headers_sort_and_filters_filter(shown):
    browser = shown(judgement())
    cycles = "#candidates-table thead th:nth-child(8) button"
    assert text(browser, cycles) == "cycles"
    browser.point_at(cycles, click=True)
    assert column(browser, 7) == ["50", "50", "50", "100", "100", "150", "400", "–"]
    browser.point_at(cycles, click=True)
    assert column(browser, 7) == ["400", "150", "100", "100", "50", "50", "50", "–"]
    assert (
        browser.value(f"document.querySelector('{cycles}').parentElement.ariaSort") == "descending"
    )
    choose(browser, "candidates-machine", "large")
    assert set(column(browser, 0)) == {"large"}
    assert text(browser, "#candidates-count") == "4 of 8 candidates"
    assert browser.value("document.querySelector('#candidates-table th:nth-child(2)').hidden")
    choose(browser, "candidates-workload", "")
    assert not browser.value("document.querySelector('#candidates-table th:nth-child(2)').hidden")


def test_without_accuracies_there_is_no_trade_off(shown):
    made = [candidate(one, rows(3.0), 10, accuracy=None) for one in ("levels_3", "levels_5")]
    browser = shown(judgement(made))
    for gain in ("accuracy", "loss"):
        choose(browser, "pareto-gain", gain)
        assert "No accuracies are known" in text(browser, "#pareto-drawing")
    assert set(column(browser, 5)) == {"–"}


def test_names_from_files_stay_text(shown):
    browser = shown(hostile())
    assert browser.value("document.querySelectorAll('b:not(.strip b, .prices b)').length") == 0
    assert column(browser, 0) == [HOSTILE] * 3
    assert HOSTILE in text(browser, "h1")
    assert HOSTILE in text(browser, "#layers-shown tbody th")
    assert browser.value("document.querySelectorAll('script').length") == 2


def test_light_and_dark_by_system_and_by_the_button(shown):
    browser = shown(judgement(), scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = browser.value(ground)
    browser.emulate("light")
    light = browser.value(ground)
    assert light == "rgb(255, 255, 255)" != dark
    browser.wait_for("document.querySelector('#theme').textContent === 'Dark'")
    browser.point_at("#theme", click=True)
    assert browser.value(ground) == dark
    assert text(browser, "#theme") == "Light"


def test_a_large_study_fits_every_window(shown):
    image = pytest.importorskip("PIL.Image", reason="needs pillow to look at a screenshot")
    made = large()
    for wide in (400, 1280):
        begin = time.monotonic()
        browser = shown(made, wide=wide)
        took = time.monotonic() - begin
        assert took < 30, f"{took:.1f} s"
        assert browser.value("document.documentElement.scrollWidth") == wide
        choose(browser, "candidates-workload", "")
        choose(browser, "candidates-regime", "")
        assert len(column(browser, 0)) == 3 * 14 * 13 * 2
        picture = image.open(io.BytesIO(browser.screenshot()))
        assert picture.size == (wide, 900)
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 20  # not blank


def test_a_print_shows_what_is_folded(shown):
    browser = shown(judgement())
    assert browser.value("document.querySelectorAll('details:not([open])').length") > 0
    browser.value("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.value("document.querySelectorAll('details:not([open])').length") == 0
    browser.emulate(media="print")
    assert browser.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    browser.value("window.dispatchEvent(new Event('afterprint'))")
    assert browser.value("document.querySelectorAll('details:not([open])').length") > 0
