import pytest
from pydantic import ValidationError

from lowbit_sim.energy import schema

EVIDENCE = {"source": "book", "confidence": "assumed"}
MODELS = [
    model
    for model in vars(schema).values()
    if isinstance(model, type) and issubclass(model, schema.BaseModel)
    if model is not schema.BaseModel
]


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_frozen_and_refuses_unknown_keys(model):
    assert model.model_config == {"extra": "forbid", "frozen": True}


@pytest.mark.parametrize(
    ("model", "text", "base_units"),
    [
        (schema.ActionSpec, "0.5 pJ", 0.5),
        (schema.ActionSpec, "500 fJ", 0.5),
        (schema.AreaSpec, "0.002 mm2", 2000.0),
        (schema.LeakageSpec, "1.5 uW", 1500.0),
        (schema.AreaPerBitSpec, "0.5 um2/bit", 0.5),
        (schema.LeakagePerBitSpec, "2 pW/bit", 0.002),
    ],
)
def test_a_value_arrives_in_base_units(model, text, base_units):
    assert model.model_validate({"value": text, **EVIDENCE}).value == base_units


LAW = {"capacity": "8 KiB", "exponent": 0.5, **EVIDENCE}
WIDTH = {"width": "64 bit", "width_exponent": 0.6}


def test_a_law_arrives_in_base_units():
    law = schema.EnergyLawSpec.model_validate({"value": "6 pJ", **LAW, **WIDTH})
    assert (law.value, law.capacity, law.width) == (6.0, 65536, 64)
    assert schema.AccessTimeLawSpec.model_validate({"value": "900 ps", **LAW}).value == 0.9
    assert schema.LeakageLawSpec.model_validate({"value": "2 pW", **LAW}).width is None


@pytest.mark.parametrize("missing", sorted(WIDTH))
def test_a_width_and_its_exponent_stand_together(missing):
    row = {"value": "2 um2", **LAW, **{k: v for k, v in WIDTH.items() if k != missing}}
    with pytest.raises(ValidationError, match="width and width_exponent stand together"):
        schema.AreaLawSpec.model_validate(row)
    with pytest.raises(ValidationError, match="required"):
        schema.EnergyLawSpec.model_validate({**row, "value": "6 pJ"})


def test_writes_are_priced_once():
    energy = {"value": "6 pJ", **LAW, **WIDTH}
    rows = {
        "read": energy,
        "area": {"value": "1 um2", **LAW},
        "leakage": {"value": "1 nW", **LAW},
    }
    ratio = {"write_over_read": {"value": 1.1, **EVIDENCE}}
    assert schema.SramSpec.model_validate({**rows, "write": energy}).range.smallest == 1
    schema.SramSpec.model_validate({**rows, **ratio})
    for change in ({}, {"write": energy, **ratio}):
        with pytest.raises(ValidationError, match="needs either write or write_over_read"):
            schema.SramSpec.model_validate({**rows, **change})


@pytest.mark.parametrize("name", ["../points.csv", "/points.csv", "points.txt", "Points.csv"])
def test_points_lie_beside_the_technology(name):
    with pytest.raises(ValidationError, match="should match pattern"):
        schema.PointsSpec.model_validate({"file": name, **EVIDENCE})


def test_a_slope_and_its_kinds_stand_together():
    row = {"value": "1 pJ", "per_accumulator_bit": "40 fJ/bit", "kinds": ["bit_serial"], **EVIDENCE}
    assert schema.ActionSpec.model_validate(row).per_accumulator_bit == 0.04
    for missing in ("per_accumulator_bit", "kinds"):
        with pytest.raises(ValidationError, match="stand together"):
            schema.ActionSpec.model_validate({k: v for k, v in row.items() if k != missing})


@pytest.mark.parametrize("value", [True, 0, -1.1, float("inf"), float("nan"), "1.1"])
def test_a_ratio_is_a_positive_number(value):
    with pytest.raises(ValidationError):
        schema.RatioSpec.model_validate({"value": value, **EVIDENCE})


@pytest.mark.parametrize(
    ("given", "read"), [(3, 3), ("8 bit", 8), ("2 B", 16), ("broadcast", "broadcast")]
)
def test_a_parameter_is_a_number_bits_or_a_word(given, read):
    row = {"value": "1 pJ", "each": {"lanes": "1 fJ"}, "kinds": ["wide"], **EVIDENCE}
    parameters = {"lanes": 4, "other": given}
    made = schema.ActionSpec.model_validate({**row, "parameters": parameters})
    assert made.parameters == {"lanes": 4, "other": read}


@pytest.mark.parametrize("given", [0, -3, 1.5, True, "8 bits", "Broadcast", "", None])
def test_a_parameter_is_nothing_else(given):
    row = {"value": "1 pJ", "parameters": {"lanes": given}, **EVIDENCE}
    with pytest.raises(ValidationError):
        schema.ActionSpec.model_validate(row)


def test_only_a_number_among_the_parameters_can_have_a_slope():
    row = {"value": "1 pJ", "kinds": ["wide"], "each": {"lanes": "1 fJ"}, **EVIDENCE}
    for parameters in ({}, {"lanes": "many"}, {"lines": 3}):
        with pytest.raises(ValidationError, match="each names 'lanes', which is no number"):
            schema.ActionSpec.model_validate({**row, "parameters": parameters})


def pe(**change):
    area = {"value": "100 um2", **EVIDENCE}
    leakage = {"value": "10 nW", **EVIDENCE}
    return {"held": "8 bit", "area": area, "leakage": leakage, **change}


def test_a_pe_says_what_it_holds_for():
    assert schema.PeSpec.model_validate(pe()).parameters == {}
    area = {"value": "100 um2", "each": {"lanes": "3 um2"}, **EVIDENCE}
    with pytest.raises(ValidationError, match="name the same parameters"):
        schema.PeSpec.model_validate(pe(area=area, parameters={"lanes": 4}))
    leakage = {"value": "10 nW", "each": {"lanes": "1 nW"}, **EVIDENCE}
    with pytest.raises(ValidationError, match="each names 'lanes'"):
        schema.PeSpec.model_validate(pe(area=area, leakage=leakage))
    made = schema.PeSpec.model_validate(pe(area=area, leakage=leakage, parameters={"lanes": 4}))
    assert (made.area.each, made.leakage.each) == ({"lanes": 3.0}, {"lanes": 1.0})
    with pytest.raises(ValidationError, match="each names 'lines'"):
        schema.PeSpec.model_validate(pe(held_each={"lines": "2 bit"}))
