import pytest
from made import accuracy

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.wording import (
    accuracy_words,
    entropy_words,
    format_words,
    kibibytes,
    microjoules,
    percent,
)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_words_with_its_entropy(name):
    assert f"({entropy_words(name)} bit)" in format_words(name)


def test_words_by_hand():
    assert format_words("levels_3") == "3 levels (1.58 bit)"
    assert format_words("bf16") == "bf16 (16 bit)"
    assert percent(0.98754) == "98.8"
    assert microjoules(1_234_567) == "1.23"
    assert kibibytes(8192 * 3) == "3.00"


def test_accuracy_with_and_without_interval():
    # half-width of 96, 97, 98: 4.3027 · 1 / √3 = 2.48
    assert accuracy_words(accuracy("fp32", 96, 97, 98)) == "97.0 ± 2.5"
    assert accuracy_words(accuracy("fp32", 96)) == "96.0"
