import math

import pytest

from lowbit_sim.report.difference import Cause, Moved, causes, difference
from lowbit_sim.report.result_directory import ResultDirectory, read_table

HASHES = {"inputs_sha256": {}, "outputs_sha256": {}}


@pytest.fixture
def holding(tmp_path):
    """Return a maker of directories that hold CSV files, given as lists of lines."""

    def make(manifest=HASHES, **tables):
        found = {}
        for name, lines in tables.items():
            path = tmp_path / f"{name}.csv"
            path.write_text("".join(f"{line}\n" for line in lines))
            found[path.name] = read_table(path)
        return ResultDirectory(tmp_path, manifest, found, ())

    return make


HEAD = "weight_format,cycles,energy_pj,standing"


def test_what_moved_comes_with_its_ratio(holding):
    before = holding(cost=[HEAD, "levels_3,100,2.0,eligible", "levels_5,7,8,eligible"])
    after = holding(cost=[HEAD, "levels_5,7,2,eligible", "levels_3,150,2,less accurate"])
    found = difference(before, after)
    assert found.shared_rows == 2
    three, five = ((("weight_format", f"levels_{n}"),) for n in (3, 5))
    assert found.moved == (
        Moved("cost.csv", five, "energy_pj", "8", "2"),
        Moved("cost.csv", three, "cycles", "100", "150"),
        Moved("cost.csv", three, "standing", "eligible", "less accurate"),
    )
    assert [one.ratio for one in found.moved] == [0.25, 1.5, None]
    assert not found.same


def test_the_largest_of_each_column_comes_before_any_second(holding):
    rows = ["a,10,10,x", "b,10,10,x", "c,10,10,x"]
    moved = ["a,20,11,x", "b,80,10,x", "c,5,13,y"]
    found = difference(holding(cost=[HEAD, *rows]), holding(cost=[HEAD, *moved]))
    told = [(one.key[0][1], one.column) for one in found.moved]
    # cycles × 8, × 2, × 1/2; energy × 1.3, × 1.1; and a word
    turns = [("b", "cycles"), ("c", "energy_pj"), ("c", "standing"), ("a", "cycles")]
    assert told == [*turns, ("a", "energy_pj"), ("c", "cycles")]


@pytest.mark.parametrize(
    ("before", "after", "distance"),
    [
        ("2", "1", math.log(2)),
        ("1", "2", math.log(2)),
        ("0", "1", math.inf),
        ("1", "0", math.inf),
        ("", "1", math.inf),
        ("1", "", math.inf),
        ("-1", "1", math.inf),
        ("-1", "-2", math.log(2)),
        ("eligible", "refused", -1),
        ("", "refused", -1),
    ],
)
def test_how_far_a_cell_moved(before, after, distance):
    assert Moved("a.csv", (), "n", before, after).distance == pytest.approx(distance)


def test_the_same_number_written_otherwise_did_not_move(holding):
    one, other = (holding(cost=["n,m", row]) for row in ("1,1000", "1.0,1e3"))
    assert difference(one, other).same
    # floats could not tell them apart
    one, other = (holding(cost=["n", str(2**60 + more)]) for more in (0, 1))
    assert len(difference(one, other).moved) == 1


def test_what_only_one_holds_is_named(holding):
    before = holding(cost=["weight_format,layer,n", "a,fc,1", "b,fc,1"], layers=["n", "1"])
    after = holding(cost=["weight_format,layer,n,m", "b,fc,1,2", "c,fc,1,2"], ranking=["n", "1"])
    found = difference(before, after)
    assert found.only_before == ("layers.csv", "cost.csv: a, fc")
    assert found.only_after == ("ranking.csv", "cost.csv: column m", "cost.csv: c, fc")
    assert found.moved == ()
    assert not found.same


def test_causes_are_inputs_options_and_versions():
    before = {
        "lowbit_sim": "0.1.0",
        "packages": {"numpy": "2.4.6", "scipy": "1.17.1"},
        "command": ["lowbit-sim", "run", "--csv", "a"],
        "options": {"engine": "closed_form", "formats": []},
        "inputs_sha256": {"changed.yaml": "1" * 64, "gone.yaml": "2" * 64, "same.yaml": "3" * 64},
        "outputs_sha256": {"cost.csv": "4" * 64},
    }
    after = {
        "lowbit_sim": "0.2.0",
        "packages": {"numpy": "2.5.0", "scipy": "1.17.1"},
        "command": ["lowbit-sim", "run", "--csv", "b"],
        "options": {"engine": "closed_form", "formats": ["levels_5"]},
        "inputs_sha256": {"changed.yaml": "5" * 64, "same.yaml": "3" * 64, "new.yaml": "6" * 64},
        "outputs_sha256": {"cost.csv": "7" * 64},
    }
    assert causes(before, after) == [
        Cause("input changed.yaml", "1" * 12, "5" * 12),
        Cause("input gone.yaml", "2" * 12, "–"),
        Cause("input new.yaml", "–", "6" * 12),
        Cause("lowbit_sim", "0.1.0", "0.2.0"),
        Cause("packages.numpy", "2.4.6", "2.5.0"),
        Cause("options.formats", "[]", '["levels_5"]'),
    ]


def test_the_same_input_at_another_place_is_no_cause():
    one, other = ({**HASHES, "inputs_sha256": {path: "1"}} for path in ("a.yaml", "b/a.yaml"))
    assert causes(one, other) == []


def test_command_lines_count_where_options_are_not_listed():
    one, other = ({**HASHES, "command": ["run", name]} for name in "ab")
    assert causes(one, other) == [Cause("command", '["run", "a"]', '["run", "b"]')]
    listed = ({**content, "options": {}} for content in (one, other))
    assert causes(*listed) == []


def test_directories_carry_their_causes(holding):
    changed = {**HASHES, "inputs_sha256": {"a.yaml": "1"}}
    found = difference(holding(cost=["n", "1"]), holding(changed, cost=["n", "1"]))
    assert found.same
    assert found.causes == (Cause("input a.yaml", "–", "1"),)
