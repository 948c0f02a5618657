from dataclasses import replace
from html.parser import HTMLParser

import pytest
from made import refused, result, study

from lowbit_sim.report.foundations import foundations
from lowbit_sim.report.notebook import ranking_html
from lowbit_sim.report.sentence import answer
from lowbit_sim.study.ranking import rank

FORMATS = (
    result("levels_3", (98, 98), 20_000, {"dram": 4e6}, 8 * 1024 * 10),
    result("levels_5", (98, 98), 40_000, {"dram": 4e6}, 8 * 1024 * 20),
    result("levels_2", (90, 90), 10_000, {"dram": 1e6}, 8 * 1024 * 5),
    refused("fp32", (98, 98), reason="adds <integers> & nothing else"),
)


class Page(HTMLParser):
    """Reads a fragment; demands that every element is closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.rows, self.styles, self.said = [], [], [], [], ""
        self.attributes = set()
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])
            self.styles.append(dict(attrs).get("style", ""))
        if tag in {"td", "th"}:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data
        if self.open[-1] in {"td", "th"}:
            self.rows[-1][-1] += data


def page(*results):
    return Page(ranking_html(rank(study(*(results or FORMATS)), 0.005)))


def test_a_row_for_every_format_with_units_in_the_head():
    head, first, second, third, last = page().rows
    assert head == [
        *("#", "weights", "entropy [bit]", "accuracy [%]", "model [KiB]", "cycles"),
        *("energy [µJ]", "energy × delay [nJ·ms]", "× best", ""),
    ]
    # 4 µJ · 20,000 cycles at 500 MHz = 4 µJ · 0.04 ms
    assert first == [
        *("1", "levels_3", "1.58", "98.0 ± 0.0", "10.0", "20,000", "4.00", "160", "1.00", ""),
    ]
    assert (second[1], second[-2:]) == ("levels_5", ["2.00", ""])
    assert (third[1], third[-2:]) == ("levels_2", ["0.12", "less accurate"])
    assert last[5:] == ["", "", "", "", "refused: adds <integers> & nothing else"]


def test_the_winner_stands_out_and_who_is_not_eligible_steps_back():
    assert page().styles[1:] == ["font-weight:bold", "", "opacity:.6", "opacity:.6"]


def test_it_says_the_answer_and_what_it_rests_on():
    ranking = rank(study(*FORMATS), 0.005)
    said = page().said
    assert answer(ranking) in said
    assert all(line in said for line in foundations(ranking))


def test_it_loads_nothing_and_names_no_colour():
    found = page()
    known = {"div", "p", "table", "thead", "tbody", "tr", "th", "td", "details", "summary"}
    assert set(found.tags) <= known | {"ul", "li"}
    assert found.attributes == {"style"}
    text = ranking_html(rank(study(*FORMATS), 0.005))
    assert not any(word in text for word in ("color", "background", "url(", "http"))


def test_names_are_escaped():
    named = replace(study(*FORMATS), workload="<script>alert(1)</script>")
    text = ranking_html(rank(named, 0.005))
    assert "<script" not in text
    assert "<script>alert(1)</script>" in Page(text).said


def test_without_accuracies_there_is_no_column_of_them():
    found = page(result("levels_3", (), 20, {"dram": 1.0}), refused("fp32", ()))
    assert not any("accuracy [" in cell for cell in found.rows[0])
    assert len({len(row) for row in found.rows}) == 1


def test_published_accuracies_are_marked_and_a_format_without_one_steps_back():
    published = [
        replace(one, accuracy=replace(one.accuracy, published_as="a network", fractions={0: 0.98}))
        for one in (FORMATS[0], FORMATS[3])
    ]
    unknown = replace(FORMATS[1], accuracy=None)
    found = page(*published, unknown)
    assert found.rows[0][3] == "published accuracy [%]"
    assert "published, not measured" in found.said
    row, style = found.rows[2], found.styles[2]
    assert (row[1], row[3], row[-1], style) == ("levels_5", "", "no accuracy", "opacity:.6")


@pytest.mark.parametrize("percents", [(90, 90), (98, 98)])
def test_every_row_has_a_cell_for_every_head(percents):
    found = page(result("levels_3", percents, 20, {"dram": 1.0}), refused("fp32", (98, 98)))
    assert len({len(row) for row in found.rows}) == 1
