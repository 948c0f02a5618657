import pytest
from made_space import write_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore import size
from lowbit_sim.explore.exploration import load_exploration


def exploration(folder, **change):
    axes = [{"clock": {"from": "1 MHz", "to": "10 MHz", "step": "1 MHz"}}]
    return load_exploration(write_space(folder, axes=axes, **change))


def test_the_estimate_and_the_advice(tmp_path, monkeypatch):
    found = exploration(tmp_path)
    size.check_size(found)
    monkeypatch.setattr(size, "MOST_ROWS", 9)
    monkeypatch.setattr(size, "ROWS_PER_S", 10 / 7200)
    with pytest.raises(SpecError, match=r"10 designs make 10 rows .* 2 hours .*clock has 10"):
        size.check_size(found)


def test_a_search_may_be_of_any_size(tmp_path, monkeypatch):
    monkeypatch.setattr(size, "MOST_ROWS", 9)
    size.check_size(exploration(tmp_path, search={"sampler": "tpe", "trials": 1}))
