import sys

import pytest

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.report.frames import columns, pandas_frame, polars_frame

ROWS = [
    {"weight_format": "levels_3", "cycles": 2**60 + 1, "seeds": 3, "energy_pj": 1, "refusal": None},
    {"weight_format": "fp32", "cycles": None, "seeds": 5, "energy_pj": 0.5, "refusal": None},
]


def test_whole_numbers_stay_whole_beside_empty_cells():
    pytest.importorskip("pandas")
    frame = pandas_frame(ROWS)
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds.pop("weight_format") in {"str", "object"}
    assert kinds == {
        "cycles": "Int64",
        "seeds": "int64",
        "energy_pj": "float64",
        "refusal": "object",
    }
    # a float could not hold it
    assert frame["cycles"][0] == 2**60 + 1
    assert frame["cycles"].isna().tolist() == [False, True]


def test_polars_types():
    polars = pytest.importorskip("polars")
    frame = polars_frame(ROWS)
    assert frame.schema["cycles"] == polars.Int64
    assert frame.schema["energy_pj"] == polars.Float64
    assert frame["cycles"].to_list() == [2**60 + 1, None]
    assert frame["refusal"].to_list() == [None, None]


def test_no_rows_make_an_empty_frame():
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    assert pandas_frame([]).shape == polars_frame([]).shape == (0, 0)
    assert columns([]) == {}


@pytest.mark.parametrize(("name", "make"), [("pandas", pandas_frame), ("polars", polars_frame)])
def test_a_library_that_is_not_there_is_named_with_the_extra(monkeypatch, name, make):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(LowbitSimError) as error:
        make(ROWS)
    assert str(error.value) == f"needs the package {name}: pip install 'lowbit-sim[frames]'"
