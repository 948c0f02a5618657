"""Accuracy over what a weight carries, and over the memory that all weights take."""

from __future__ import annotations

from collections.abc import Sequence

from lowbit_sim.report.figures.over_entropy import draw_over_entropy
from lowbit_sim.report.figures.over_memory import draw_over_memory
from lowbit_sim.report.figures.points import Panel, Point
from lowbit_sim.report.figures.style import to_svg

__all__ = ["Panel", "Point", "accuracy_over_entropy", "accuracy_over_memory"]


def accuracy_over_entropy(panels: Sequence[Panel]) -> str:
    """Return the figure of accuracy over the entropy of a weight as SVG, a panel for each family.

    Level sets stand at their entropy; floats are lines across, with their interval as a band.

    Raises
    ------
    ValueError
        If there is no panel, or one without curves or points.
    SpecError
        If matplotlib is not installed.
    """
    return to_svg(draw_over_entropy(panels))


def accuracy_over_memory(panels: Sequence[Panel]) -> str:
    """Return the figure of accuracy over the memory of all weights as SVG, floats included.

    Raises
    ------
    ValueError
        If there is no panel, or one without curves or points.
    SpecError
        If matplotlib is not installed.
    """
    return to_svg(draw_over_memory(panels))
