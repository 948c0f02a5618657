import subprocess
import sys

import pytest
from drawn import CROWD, STUDY, families, outlined

from lowbit_sim.report.figures.accuracy import accuracy_over_entropy, accuracy_over_memory


@pytest.mark.parametrize("draw", [accuracy_over_entropy, accuracy_over_memory])
def test_the_same_numbers_are_the_same_bytes(draw):
    first = draw(families(2))
    assert draw(families(2)) == first
    assert draw(families(2, CROWD)) != first


@pytest.mark.parametrize("draw", [accuracy_over_entropy, accuracy_over_memory])
def test_the_file_names_every_format_title_curve_and_unit(draw):
    found = outlined(draw(families(2)))
    labels = {name.removeprefix("levels_") for name in STUDY[:-1]}
    assert labels | {"Family 0", "Family 1", "small", "large", "accuracy [%]"} <= set(found)
    assert any("fp32" in line for line in found)
    assert any("[KiB]" in line or "[bit]" in line for line in found)


@pytest.mark.parametrize("draw", [accuracy_over_entropy, accuracy_over_memory])
def test_no_panel_is_an_error(draw):
    with pytest.raises(ValueError, match="no panels"):
        draw([])


def test_figures_import_matplotlib_only_when_they_draw_and_torch_never():
    modules = "accuracy, curves, histograms, losses, spread"
    code = f"from lowbit_sim.report.figures import {modules}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "lowbit_sim.report.figures.over_entropy" in loaded
    assert loaded & {"matplotlib", "torch"} == set()
