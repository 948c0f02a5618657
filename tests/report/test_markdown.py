import pytest

from lowbit_sim.report.markdown import markdown_table


def test_columns_are_aligned():
    text = markdown_table(["arm", "kind", "n"], [["a", "b", "1"], ["c", "d", "2"]], left=2)
    assert text.splitlines()[1] == "| --- | --- | ---: |"
    assert text.splitlines()[3] == "| c | d | 2 |"


def test_a_short_row_is_refused():
    with pytest.raises(ValueError, match="a row has 1 cells, the header 2"):
        markdown_table(["a", "b"], [["x"]])
