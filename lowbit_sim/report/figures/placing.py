"""Labels beside points, placed so that they cover neither each other nor what is drawn.

Each point in turn takes the first of the free places around it, the nearest ones first; if none
is free, the one that covers least.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

#: directions in the order of preference [degrees], and distances from the point [pt]
_DIRECTIONS = (90, 270, 45, 135, 315, 225, 0, 180)
_DISTANCES_PT = (9, 13, 18, 24, 31)
#: room kept around a label [pt]
_AIR_PT = 0.8


class Box(NamedTuple):
    """A rectangle with sides along the axes."""

    left: float
    bottom: float
    right: float
    top: float

    def shared_area(self, other: Box) -> float:
        """Return the area that both cover.

        Examples
        --------
        >>> Box(0, 0, 4, 4).shared_area(Box(3, 2, 9, 9))
        2
        """
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0) * max(height, 0)


class Wanted(NamedTuple):
    """A label of known width and height for the point at x, y."""

    x: float
    y: float
    width: float
    height: float


def places(
    wanted: Sequence[Wanted], obstacles: Iterable[Box], within: Box, point: float = 1.0
) -> list[tuple[float, float]]:
    """Return the centre of every label, relative to its point.

    Parameters
    ----------
    wanted : sequence of Wanted
    obstacles : iterable of Box
        What must not be covered, beside the labels placed before.
    within : Box
        What no label may leave.
    point : float
        Length of a point, 1/72 inch, in the unit of the coordinates.
    """
    taken = list(obstacles)
    centres = []
    for label in wanted:
        boxes = [(_box(label, at, point), at) for at in _around(label, point)]
        reach = Box(
            min(box.left for box, _ in boxes),
            min(box.bottom for box, _ in boxes),
            max(box.right for box, _ in boxes),
            max(box.top for box, _ in boxes),
        )
        near = [box for box in taken if reach.shared_area(box)]
        costs = [_cost(box, near, within) for box, _ in boxes]
        best, centre = boxes[costs.index(min(costs))]
        taken.append(best)
        centres.append(centre)
    return centres


def _around(label: Wanted, point: float) -> list[tuple[float, float]]:
    """Return centres around a point, wider aside than above as labels are."""
    aside = max(0.0, label.width - label.height) / 2
    found = []
    for distance in _DISTANCES_PT:
        for degrees in _DIRECTIONS:
            cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
            found.append(((distance * point + aside) * cosine, distance * point * sine))
    return found


def _box(label: Wanted, at: tuple[float, float], point: float) -> Box:
    x, y = label.x + at[0], label.y + at[1]
    width, height = label.width / 2 + _AIR_PT * point, label.height / 2 + _AIR_PT * point
    return Box(x - width, y - height, x + width, y + height)


def _cost(box: Box, taken: Sequence[Box], within: Box) -> float:
    area = (box.right - box.left) * (box.top - box.bottom)
    outside = area - box.shared_area(within)
    return round(sum(box.shared_area(other) for other in taken) + 100 * outside, 3)
