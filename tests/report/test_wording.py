import pytest
from made import accuracy

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.wording import (
    ENERGIES,
    ENERGY_DELAYS,
    SIZES,
    accuracy_words,
    energy_words,
    entropy_words,
    fitting_unit,
    format_words,
    percent,
    rate_words,
    size_words,
)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_words_with_its_entropy(name):
    assert f"({entropy_words(name)} bit)" in format_words(name)


def test_words_by_hand():
    assert format_words("levels_3") == "3 levels (1.58 bit)"
    assert format_words("bf16") == "bf16 (16 bit)"
    assert percent(0.98754) == "98.8"
    assert energy_words(1_234_567) == "1.23 µJ"
    assert size_words(8192 * 3) == "3.00 KiB"
    assert size_words(22_000_000 * 32) == "83.9 MiB"  # 88e6 / 1048576
    assert (rate_words(99.5), rate_words(100)) == ("99.5", "100")


@pytest.mark.parametrize("units", [ENERGIES, ENERGY_DELAYS, SIZES])
def test_in_the_fitting_unit_numbers_stay_short(units):
    assert [unit.base_units for unit in units] == sorted(unit.base_units for unit in units)
    for exponent in range(-3, 16):
        for digit in (1, 3, 9.994, 9.995, 9.996):
            amount = digit * 10**exponent
            unit = fitting_unit(units, amount)
            if unit is not units[-1]:
                assert len(unit.words(amount).replace(",", "").partition(".")[0]) <= 4
            smaller = units[: units.index(unit)]
            assert all(len(one.words(amount)) > len("9,999") for one in smaller)


def test_accuracy_with_and_without_interval():
    # half-width of 96, 97, 98: 4.3027 · 1 / √3 = 2.48
    assert accuracy_words(accuracy("fp32", 96, 97, 98)) == "97.0 ± 2.5"
    assert accuracy_words(accuracy("fp32", 96)) == "96.0"
