import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import pytest
from drawn import outlined
from made_judgement import judgement
from odd_judgements import ODD

from lowbit_sim.errors import SpecError
from lowbit_sim.report.comparison.figures.pictures import FIGURES, pictures, save


def test_every_figure_is_an_svg_with_words_and_the_same_bytes_each_time():
    found = pictures(judgement())
    assert list(found) == [f"{name}.svg" for name in FIGURES]
    assert pictures(judgement()) == found
    for words, svg in found.values():
        assert words.endswith(".")
        assert "\n" not in words
        assert ET.fromstring(svg).tag.endswith("svg")
    assert "winner: 3 levels on small" in outlined(found["pareto.svg"][1])


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("one machine, one format", {"tornado"}),
        ("no accuracies", set()),
        ("no winner", {"tornado", "roofline", "layers"}),
        ("no DRAM", {"roofline"}),
    ],
)
def test_figures_with_nothing_to_show_are_left_out(case, missing):
    found = pictures(ODD[case]())
    assert set(found) == {f"{name}.svg" for name in FIGURES.keys() - missing}


@pytest.mark.parametrize(("ending", "start"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_figures_are_saved_with_the_same_bytes_each_time(tmp_path, ending, start):
    made = judgement()
    paths = save(made, tmp_path / "first", ending)
    again = save(made, tmp_path / "second", ending)
    assert [path.name for path in paths] == [f"{name}.{ending}" for name in FIGURES]
    for one, other in zip(paths, again, strict=True):
        assert one.read_bytes().startswith(start)
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("ending", ["svg", "pdf", "png"])
def test_settings_of_the_user_move_no_byte(tmp_path, ending):
    made = ODD["one machine, one format"]()
    paths = save(made, tmp_path / "plain", ending)
    own = {"savefig.bbox": "tight", "pdf.fonttype": 42, "hatch.linewidth": 3.0}
    with mpl.rc_context(own):
        others = save(made, tmp_path / "own", ending)
    for one, other in zip(paths, others, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_saved_svg_is_that_of_the_page(tmp_path):
    made = judgement()
    paths = save(made, tmp_path, "svg")
    assert {path.name: path.read_text() for path in paths} == {
        name: svg for name, (_, svg) in pictures(made).items()
    }


def test_another_ending_or_no_contest_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="svg, pdf, png, not in 'gif'"):
        save(judgement(), tmp_path, "gif")
    with pytest.raises(ValueError, match="no contests"):
        pictures(replace(judgement(), decided=()))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError):
        save(judgement(), tmp_path / "file", "svg")
