import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.sensitivity_table import (
    COLUMNS,
    SensitivityRow,
    read_sensitivity,
    sensitivity_text,
)

ROWS = (
    SensitivityRow("tiny", 0, "a" * 64, 4, "1", "levels_3", 10, 0.25, 0.125, 7),
    SensitivityRow("tiny", 1, "b" * 64, 4, "1", "levels_3", 10, -0.0005, 0.0, -1),
)


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "sensitivity.csv"
    path.write_text(sensitivity_text(ROWS))
    assert read_sensitivity(path) == ROWS
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("0.25", "much", "is no row of sensitivities"),
        ("network,seed", "net,seed", "the columns must be"),
        (",0.125,7", ",0.125", "fields"),
        (f"tiny,1,{'b' * 64}", f"tiny,0,{'b' * 64}", "stands twice"),
        ("0.25", "nan", "finite"),
    ],
)
def test_a_damaged_row_is_told_with_its_line(tmp_path, old, new, reason):
    path = tmp_path / "sensitivity.csv"
    text = sensitivity_text(ROWS)
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(SpecError) as caught:
        read_sensitivity(path)
    assert reason in str(caught.value)
    assert caught.value.faults[0].line is not None
