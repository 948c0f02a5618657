import pytest
from hand_tables import evaluate, read_table


@pytest.mark.parametrize(
    ("working", "value"),
    [
        ("7", 7),
        ("2+3·4", 14),
        ("(2 + 3)·4", 20),
        ("10−3−2", 5),
        ("⌈17/8⌉·⌈9/4⌉·(2·8+4+1·5−2)", 207),
        ("⌈16/8⌉", 2),
        ("⌈(1+1)/3⌉", 1),
    ],
)
def test_working_is_evaluated(working, value):
    assert evaluate(working) == value


@pytest.mark.parametrize(
    "working", ["", "1/2", "2 3", "(2", "⌈3)", "2·", "2**3", "import os", "+1", "2)", "2-1"]
)
def test_anything_else_is_refused(working):
    with pytest.raises(ValueError, match=r"number|missing|cannot read"):
        evaluate(working)


def test_a_table_is_read_by_its_header(tmp_path):
    path = tmp_path / "x.md"
    path.write_text("# T\n\n| case | m |\n|---|---:|\n| a b | 1,024 |\n| c | 2 |\n")
    assert read_table(path) == [{"case": "a b", "m": "1,024"}, {"case": "c", "m": "2"}]
