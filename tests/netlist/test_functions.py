import pytest

from lowbit_sim.netlist.functions import compiled

#: three pins in eight lanes, lane i with the bits of i: A is its lowest
A, B, C = 0b10101010, 0b11001100, 0b11110000
PINS = {"A": 0, "B": 1, "C": 2}
ALL = 0xFF


def value(text):
    return compiled(text, PINS, ALL)([A, B, C])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", 0b10101010),
        ("!A", 0b01010101),
        ("(A & B)", 0b10001000),
        ("!(A & B)", 0b01110111),
        ("(A | B)", 0b11101110),
        ("!(A | B)", 0b00010001),
        ("(A ^ B)", 0b01100110),
        ("!(A ^ B)", 0b10011001),
        # lanes 3, 5, 6 and 7 have two ones or more
        ("((A & B) | (C & (A | B)))", 0b11101000),
        # lanes 1, 2, 4 and 7 have an odd number of ones
        ("(C ^ (A ^ B))", 0b10010110),
        ("A ^ B ^ C", 0b10010110),
        # & binds closer than |: lanes 3 and 7, and 4 to 7
        ("A & B | C", 0b11111000),
        ("!((A & B) | C)", 0b00000111),
        (" A & B ", 0b10001000),
        ("( A & B ) ^ C", 0b01111000),
    ],
)
def test_truth_tables(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "A ^ B & C",
        "A & B ^ C",
        "A | B ^ C",
        "A ^ B | C",
        "!(A & B ^ C)",
        "(A & B ^ C)",
        "(A ^ B & C)",
        "((A) & (B) ^ C)",
    ],
)
def test_an_exclusive_or_beside_another_operator_wants_parentheses(text):
    with pytest.raises(ValueError, match="no function of A, B, C"):
        value(text)


@pytest.mark.parametrize("text", ["D", "(A & D)", "!IQ"])
def test_a_pin_that_the_cell_lacks_is_refused(text):
    with pytest.raises(ValueError, match="no function of A, B, C"):
        value(text)


@pytest.mark.parametrize(
    "text",
    ["f(A)", "A.B", "A[0]", "A + B", "A and B", "-A", "A < B", "1", "lambda: A", "(A := B)", "A'"],
)
def test_what_is_no_boolean_function_is_refused(text):
    with pytest.raises(ValueError, match="no function of"):
        value(text)


@pytest.mark.parametrize("text", ["", "(A", "A B", "A &"])
def test_what_cannot_be_read_is_refused(text):
    with pytest.raises(ValueError, match="no function of pins"):
        value(text)
