import pytest
from made_space import write_space

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.space_spec import ConstraintsSpec, SearchSpec, SpaceSpec
from lowbit_sim.spec_file import read_spec_file, validate


@pytest.fixture
def spec(tmp_path):
    """Return a function: the spec of a space with some keys changed."""
    return lambda **change: validate(read_spec_file(write_space(tmp_path, **change)), SpaceSpec)


def test_what_is_left_out(spec):
    found = spec()
    assert found.constraints == ConstraintsSpec()
    assert set(found.constraints.model_dump().values()) == {None}
    assert found.objectives == ("area", "energy", "latency")
    assert (found.regime, found.objective) == ("cold", "edp")
    assert (found.margin_fraction, found.search) == (None, None)


def test_limits_in_the_units_of_their_names(spec):
    limits = {
        "area": "2 mm2", "power": "50 mW", "dram_bandwidth": "4 GB/s",
        "latency": "100000 ns", "energy": "3 nJ",
    }  # fmt: skip
    found = spec(constraints=limits).constraints
    assert found.area_um2 == 2e6
    assert found.power_nw == 5e7
    assert found.dram_bits_per_s == 32e9
    assert found.latency_ns == 1e5
    assert found.energy_pj == 3000


def test_a_search(spec):
    found = spec(search={"trials": 100}).search
    assert found == SearchSpec(sampler="nsga2", trials=100, seed=0, population=50)
    assert spec(search={"trials": 1, "sampler": "tpe", "seed": 3}).search.sampler == "tpe"


@pytest.mark.parametrize(
    ("change", "key", "reason"),
    [
        ({"constraint": {}}, "constraint", "unknown key; did you mean 'constraints'? allowed: acc"),
        ({"constraints": {"are": "1 mm2"}}, "constraints.are", "unknown key; did you mean 'area'?"),
        ({"constraints": {"area": "1 mm"}}, "constraints.area", "unit 'mm' is not one of: um2, mm"),
        ({"constraints": {"power": 3}}, "constraints.power", "needs a number with a unit, one of:"),
        ({"constraints": {"latency": "0 ns"}}, "constraints.latency", "must be more than zero"),
        ({"kind": "comparison"}, "kind", "must be 'space'"),
        ({"name": "Made"}, "name", "string should match pattern"),
        ({"workloads": []}, "workloads", "must not be empty"),
        ({"accelerators": ["a", "a"]}, "accelerators", "names something twice"),
        ({"weight_formats": ["levels_33"]}, "weight_formats.0", "is no number format; did you mea"),
        ({"axes": []}, "axes", "must not be empty"),
        ({"axes": {"clock": [1]}}, "axes", "must be a list"),
        ({"objectives": ["area", "area"]}, "objectives", "names something twice"),
        ({"objectives": ["power"]}, "objectives.0", "must be 'area', 'energy', 'latency' or 'acc"),
        ({"regime": "warm"}, "regime", "must be 'cold' or 'steady'"),
        ({"within_fraction": 1.0}, "within_fraction", "must be less than 1"),
        ({"within_fraction": -0.1}, "within_fraction", "must be greater than or equal to 0"),
        ({"margin_fraction": 0.0}, "margin_fraction", "must be greater than 0"),
        ({"search": {}}, "search.trials", "is missing"),
        ({"search": {"trials": 0}}, "search.trials", "must be greater than 0"),
        ({"search": {"trials": 1, "sampler": "ga"}}, "search.sampler", "must be 'nsga2' or 'tpe'"),
        ({"search": {"trials": 1, "population": 1}}, "search.population", "must be greater than"),
    ],
)  # fmt: skip
def test_a_fault_at_its_key(spec, change, key, reason):
    with pytest.raises(SpecError) as caught:
        spec(**change)
    (fault,) = caught.value.faults
    assert fault.key == key
    assert fault.reason.startswith(reason)
    assert fault.line is not None
    assert fault.file.name == "made.yaml"
