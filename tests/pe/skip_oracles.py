"""Lanes that skip, one by one: each takes its next digit from a queue, or waits for the slowest.

A beat is a list of what each lane has taken, None where it waits. Beats become folds of the
register-level broadcast array, which computes the product and counts the cycles.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from oracles import Broadcast, Fold, run_folds


@dataclass
class Walk:
    """The `oracles.Run`, the beats of each group and fold (in order), and the digits taken."""

    run: object
    beats: list
    adds: int


def walk(queues):
    """Return the beats in which every lane empties its queue; an empty one takes a beat too."""
    queues, beats = [list(queue) for queue in queues], []
    while not beats or any(queues):
        beats.append([queue.pop(0) if queue else None for queue in queues])
    return beats


def walk_held(by, rows, cols, inputs, digits, scales, conventions):
    """Walk weights that stay; `by` (rows, cols, P) digits returns the queues of all PEs.

    A queue holds planes. Returns a `Walk`.
    """
    (m, k), n = inputs.shape, digits.shape[2]
    folds, taken, adds = [], [], 0
    for n0, k0 in itertools.product(range(0, n, cols), range(0, k, rows)):
        part = digits[:, k0 : k0 + rows, n0 : n0 + cols]
        used = part.shape[1:]
        places = [(row, col) for row in range(used[0]) for col in range(used[1])]
        beats = walk(by(part, row, col) for row, col in places)
        held = np.zeros((len(beats), rows, cols))
        for beat, planes in enumerate(beats):
            for (row, col), plane in zip(places, planes, strict=True):
                if plane is not None and part[plane, row, col]:
                    held[beat, row, col] = scales[plane] * part[plane, row, col]
                    adds += m
        left = np.zeros((m * len(beats), rows, 1))
        left[:, : used[0], 0] = np.repeat(inputs[:, k0 : k0 + rows], len(beats), axis=0)
        at = np.arange(len(left))
        place, row = at % len(beats), at // len(beats)
        folds.append(Fold(used, left, None, held, place, np.ones_like(at), row, (0, n0)))
        taken.append(len(beats))
    return Walk(run_folds(Broadcast, rows, cols, folds, (m, n), conventions), taken, adds)


def own_planes(part, row, col):
    """Queue the non-zero planes of one weight."""
    return [plane for plane, digits in enumerate(part) if digits[row, col]]


def planes_of_the_column(part, _, col):
    """Queue the planes that some weight of the column has."""
    return [plane for plane, digits in enumerate(part) if digits[:, col].any()]


def walk_growing(by, group, rows, cols, inputs, digits, scales, conventions):
    """Walk weights that meet sums that stay; `by` (P, group) digits returns a column's queues.

    A queue holds (plane, k). All queues of a column add in the same beat. Returns a `Walk`.
    """
    (m, k), n = inputs.shape, digits.shape[2]
    folds, taken, adds = [], [], 0
    for m0, n0 in itertools.product(range(0, m, rows), range(0, n, cols)):
        here = inputs[m0 : m0 + rows]
        used = len(here), min(cols, n - n0)
        sums, fold_beats = [], []
        for k0 in range(0, k, group):
            part = digits[:, k0 : k0 + group, n0 : n0 + cols]
            columns = [by(part[:, :, col]) for col in range(used[1])]
            lanes = [col for col, queues in enumerate(columns) for _ in queues]
            beats = walk(queue for queues in columns for queue in queues)
            fold_beats.append(len(beats))
            for beat in beats:
                selected = np.zeros((rows, cols))
                for col, digit in zip(lanes, beat, strict=True):
                    if digit is not None:
                        plane, kk = digit
                        weight = scales[plane] * part[plane, kk, col]
                        selected[: used[0], col] += weight * here[:, k0 + kk]
                        adds += used[0]
                sums.append(selected)
        none = np.zeros(len(sums), dtype=int)
        top = np.ones((len(sums), cols))
        folds.append(Fold(used, np.array(sums), top, None, none, none, none, (m0, n0)))
        taken.append(fold_beats)
    return Walk(run_folds(Broadcast, rows, cols, folds, (m, n), conventions), taken, adds)


def one_queue(part):
    """Queue the non-zero digits of a column's group, weight after weight."""
    planes, group = part.shape
    return [[(p, kk) for kk in range(group) for p in range(planes) if part[p, kk]]]


def queue_per_plane(part):
    """Queue, for each plane by itself, the weights of a column's group that have it."""
    planes, group = part.shape
    return [[(p, kk) for kk in range(group) if part[p, kk]] for p in range(planes)]
