import hashlib
import re
from base64 import b64encode

import pytest
from made_contest import candidate, rows
from made_judgement import judgement
from made_page import HOSTILE, MANIFEST, Page, hostile, large

from lowbit_sim.report.comparison.page import comparison_page, page_script
from lowbit_sim.report.comparison.page_data import page_data


def without_accuracies():
    return judgement(
        [candidate(one, rows(3.0), 10, accuracy=None) for one in ("levels_3", "levels_5")]
    )


@pytest.mark.parametrize("made", [judgement, hostile, without_accuracies])
def test_every_element_is_closed_and_every_id_is_one(made):
    page = Page(comparison_page(made(), MANIFEST))
    assert page.faults == []
    assert page.open == []
    assert len(page.ids()) == len(set(page.ids()))
    anchors = [given["href"] for tag, given in page.tags if tag == "a"]
    assert {anchor.removeprefix("#") for anchor in anchors} <= set(page.ids())


def test_the_embedded_data_are_the_judgements():
    found = judgement()
    assert Page(comparison_page(found, MANIFEST)).data() == page_data(found)


def test_nothing_is_loaded_from_elsewhere():
    text = comparison_page(judgement(), MANIFEST)
    page = Page(text)
    assert not [given for _, given in page.tags if "src" in given]
    assert all(given["href"].startswith("#") for _, given in page.tags if "href" in given)
    assert not {tag for tag, _ in page.tags} & {"link", "iframe", "img", "object", "base"}
    assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text)
    policy = next(given["content"] for _, given in page.tags if "http-equiv" in given)
    assert policy.startswith("default-src 'none';")
    digest = b64encode(hashlib.sha256(page_script().encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert text.count(f"<script>{page_script()}</script>") == 1


def test_names_from_files_are_text_and_nothing_else():
    text = comparison_page(hostile(), {**MANIFEST, HOSTILE: HOSTILE, "more": {HOSTILE: [HOSTILE]}})
    assert HOSTILE not in text
    assert len(re.findall("</script", text)) == 2
    page = Page(text)
    assert [tag for tag, _ in page.tags].count("script") == 2
    data = page.data()
    assert data["rows"][0][data["columns"].index("workload")] == HOSTILE
    assert HOSTILE in data["texts"]


def test_the_same_page_every_time_and_no_date():
    first, second = (comparison_page(judgement(), MANIFEST) for _ in range(2))
    assert first == second
    assert not re.search(r"\b20\d\d-\d\d-\d\d\b", first)


def test_a_large_study_stays_small():
    text = comparison_page(large(), MANIFEST)
    assert len(Page(text).data()["rows"]) == 3 * 14 * 13 * 2
    assert len(text.encode()) < 1_500_000
