import pytest

from lowbit_sim.netlist.template import evaluated, filled

MEASURED = {"adder.levels_3.add_fj": 12.34567, "adder.wide": 20.0, "adder.narrow": 4.0, "none": 0.0}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("adder.wide", 20),
        (" adder.wide ", 20),
        ("adder.wide + adder.narrow", 24),
        ("(adder.wide - adder.narrow) / 8", 2),
        ("adder.wide - adder.narrow / 8", 19.5),
        ("100 * adder.narrow", 400),
        ("1.5", 1.5),
    ],
)
def test_expressions_of_measured_values(expression, value):
    assert evaluated(expression, MEASURED) == value


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{adder.levels_3.add_fj}} fJ", "12.35 fJ"),
        ("a {{adder.wide}}, b {{adder.narrow}}", "a 20, b 4"),
        ("{{100000 / 3}}", "3.333e+04"),
        ("{{1 / 3}}", "0.3333"),
        ("{{adder.narrow * 0}}", "0"),
        ("{a: {b: c}} stays, {} too", "{a: {b: c}} stays, {} too"),
        ("", ""),
    ],
)
def test_a_place_holds_four_digits(template, text):
    assert filled(template, MEASURED) == text


def test_a_name_that_was_not_measured_has_the_nearest_beside_it():
    with pytest.raises(
        ValueError, match=r"'adder\.wid' was not measured; did you mean 'adder\.wide'"
    ):
        filled("{{adder.wid}}", MEASURED)


@pytest.mark.parametrize(
    "expression",
    [
        "f(1)",
        "adder.wide.real()",
        "adder['wide']",
        "2 ** 9",
        "7 // 2",
        "7 % 2",
        "-adder.wide",
        "'text'",
        "[1]",
        "1 if 1 else 2",
        "lambda: 1",
        "adder.wide +",
        "",
        "adder.wide\n+ 1",
    ],
)
def test_anything_else_is_refused(expression):
    with pytest.raises(ValueError, match="no expression of measured values"):
        filled(f"{{{{{expression}}}}}", MEASURED)


@pytest.mark.parametrize("expression", ["adder.__class__", "f(1).x", "adder"])
def test_an_attribute_is_the_name_of_a_measured_value_or_nothing(expression):
    with pytest.raises(ValueError, match="was not measured"):
        evaluated(expression, MEASURED)


def test_a_division_by_what_is_zero_is_refused():
    with pytest.raises(ValueError, match="divides by a measured zero"):
        filled("{{adder.wide / none}}", MEASURED)
