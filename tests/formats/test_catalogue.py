import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS, levels_table_markdown, number_format

# levels, values, log2 N, planes (two), ternary digits, power terms, stored bit per weight;
# the last three are ⌈log2 N⌉, 8/d8 and 64/d64 with the largest N^d8 <= 2^8 and N^d64 <= 2^64
TABLE = """\
| 2 | ±1 | 1.000 | 1 (offset code) | 1 | 1 | 1 | 1 · 1 · 1 |
| 3 | 0, ±1 | 1.585 | 2 | 1 | 1 | 1 | 2 · 1.6 · 1.6 |
| 4 | ±1, ±3 | 2.000 | 2 (offset code) | 2 | 2 | 2 | 2 · 2 · 2 |
| 4 (with zero) | −2…1 | 2.000 | 2 | 2 | 2 | 1 | 2 · 2 · 2 |
| 5 | 0, ±1, ±2 | 2.322 | 3 | 2 | 2 | 1 | 3 · 2.667 · 2.370 |
| 7 | 0…±3 | 2.807 | 3 | 2 | 2 | 2 | 3 · 4 · 2.909 |
| 7 (power of two) | 0, ±1, ±2, ±4 | 2.807 | 4 | 3 | 2 | 1 | 3 · 4 · 2.909 |
| 8 | −4…3 | 3.000 | 3 | 3 | 2 | 2 | 3 · 4 · 3.048 |
| 9 | 0…±4 | 3.170 | 4 | 3 | 2 | 2 | 4 · 4 · 3.2 |
| 15 | 0…±7 | 3.907 | 4 | 3 | 3 | 2 | 4 · 4 · 4 |
| 16 | −8…7 | 4.000 | 4 | 4 | 3 | 2 | 4 · 4 · 4 |
| 17 | 0…±8 | 4.087 | 5 | 4 | 3 | 2 | 5 · 8 · 4.267 |"""


def test_the_formats_stand_in_the_order_of_their_levels():
    assert list(FORMATS) == [
        "levels_2",
        "levels_3",
        "levels_4",
        "levels_4_zero",
        "levels_5",
        "levels_7",
        "levels_7_pow2",
        "levels_8",
        "levels_9",
        "levels_15",
        "levels_16",
        "levels_17",
        "int8",
        "bf16",
        "fp32",
    ]
    assert all(fmt.name == name for name, fmt in FORMATS.items())
    assert all(hash(fmt) == hash(number_format(name)) for name, fmt in FORMATS.items())


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        FORMATS["levels_2"] = FORMATS["levels_3"]


def test_an_unknown_format_names_the_nearest():
    with pytest.raises(SpecError, match="unknown number format 'level_5'; did you mean 'levels_5'"):
        number_format("level_5")


def test_the_rendered_table_is_the_table_of_the_design():
    header, rule, *rows = levels_table_markdown().splitlines()
    assert rows == TABLE.splitlines()
    assert header == (
        "| levels | values | entropy bit | planes two's complement | planes sign-magnitude "
        "| ternary digits | power terms "
        "| stored bit/weight: whole field · 8-bit word · 64-bit word |"
    )
    assert rule.count("|") == header.count("|")
