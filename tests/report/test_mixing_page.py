import pytest
from made_mixing import LOSSES, made, write_losses, write_runs

from lowbit_sim.judge.mixing import choices
from lowbit_sim.judge.mixing_files import read_losses
from lowbit_sim.judge.mixing_outcome import outcomes
from lowbit_sim.report.mixing_page import mixing_page

#: 3 levels in front and 5 at the end are within this budget
GENEROUS = {**LOSSES, ("1", "levels_5"): 0.5}


@pytest.fixture
def page(tmp_path):
    """Return the page when the mixture loses so many points, by seed."""

    def page(lost_points, losses=GENEROUS):
        mixing = made(tmp_path)
        write_losses(mixing, losses)

        def percent(one, seed):
            mixed = one.spec.quantisation.layer_formats is not None
            return 90 + seed / 2 - mixed * lost_points[seed]

        runs = write_runs(mixing, percent)
        return mixing_page(outcomes(mixing, choices(mixing), runs), read_losses(mixing))

    return page


@pytest.mark.parametrize(
    ("lost_points", "answer", "beaten"),
    [
        ([0.1, 0.0, 0.1], "supported", 2),
        ([2.0, 2.1, 2.2], "not supported", 0),
        ([-1.0, 1.0, 0.5], "undecided", 0),
    ],
)
def test_the_answer_is_that_of_the_duels(page, lost_points, answer, beaten):
    text = page(lost_points)
    assert f"**Mixtures beat 5 levels everywhere: {answer}.**" in text
    told = "Beside 5 levels: 2 cases (a network on a machine, and what is minimised); the mixture "
    assert f"{told}beats it in {beaten}, does not in " in text
    assert "Beside the cheapest uniform format of the same budget: 2 cases" in text


def test_a_mixture_that_is_the_reference_makes_everywhere_wrong(page):
    text = page([0.0] * 3, losses=LOSSES)
    assert "everywhere: not supported" in text
    assert "of the same budget: that is 5 levels itself in every case." in text
    assert "1.000" in text


def test_tables_show_formats_losses_and_sensitivities(page):
    text = page([0.2, 0.3, 0.4])
    lines = text.splitlines()
    (energy,) = [line for line in lines if line.startswith("| ternary_pe | energy |")]
    assert "| measured | 2 · 3 |" in energy
    assert "| 0.30 ± 0.25 |" in energy
    (first,) = [line for line in lines if line.startswith("| `1` |")]
    assert "| 1,024 | 0.020 (0.040) |" in first
    assert "rank correlation of the two is 1.00" in text
    assert any(line.startswith("| uniform, fp32 |") for line in lines)
    assert text.count("\n# ") + text.startswith("# ") == 1
    assert "<!-- made by: lowbit-sim reproduce, study mixed -->" in lines
