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
