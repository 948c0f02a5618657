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
