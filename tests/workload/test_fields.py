import pytest
from pydantic import TypeAdapter, ValidationError

from lowbit_sim.workload.fields import (
    ActivationFormat,
    FormatName,
    LayerFormat,
    Section,
    Share,
    distinct,
    some,
)


def told(kind, value):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return str(caught.value)


def test_names_of_formats_are_checked_with_the_nearest():
    assert TypeAdapter(FormatName).validate_python("levels_5") == "levels_5"
    assert "did you mean 'levels_5'" in told(FormatName, "level_5")
    assert TypeAdapter(LayerFormat).validate_python("same") == "same"
    assert "is neither an integer format nor 'same'" in told(LayerFormat, "fp32")
    assert "without gaps" in told(ActivationFormat, "levels_7_pow2")


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_share_is_from_nothing_to_all(value):
    assert TypeAdapter(Share).validate_python(value) == value
    told(Share, value + 1.1)
    told(Share, -value - 0.1)


def test_lists_have_entries_and_each_once():
    assert some((1,)) == distinct((1,)) == (1,)
    with pytest.raises(ValueError, match="must not be empty"):
        some(())
    with pytest.raises(ValueError, match="names something twice"):
        distinct((1, 2, 1))


def test_a_section_refuses_unknown_keys_and_change():
    class One(Section):
        count: int

    with pytest.raises(ValidationError):
        One(count=1, other=2)
    with pytest.raises(ValidationError):
        One(count=1).count = 3
