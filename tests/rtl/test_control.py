"""What enters in each cycle, against timelines worked out by hand."""

import pytest
from simulated import cycles_of

from lowbit_sim.pe.folding import Conventions
from lowbit_sim.rtl.control import GrowingControl, HoldingControl


def entries(control, counts, leaves=(), cycles=12):
    """Return a letter for each cycle: w a word, b a beat, B both, . nothing."""
    given = [[*counts, (control.start, 1)]]
    given += [
        [(control.start, 0), (control.fold_leaves, int(cycle in leaves))] for cycle in range(cycles)
    ]
    words = getattr(control, "word_enters", None)
    seen = cycles_of(control, given, [control.beat_enters, *([words] if words is not None else [])])
    letters = {(0, 0): ".", (1, 0): "b", (0, 1): "w", (1, 1): "B", (0,): ".", (1,): "b"}
    return "".join(letters[now] for now in seen[1:])


# two rows, three inputs, two folds; alone, the last sum is at the edge two cycles after its beat
@pytest.mark.parametrize(
    ("preload", "folds", "leaves", "timeline"),
    [
        ("exposed", "separate", (6, 13), "wwbbb..wwbbb.."),
        ("exposed", "overlapped", (), "wwbbbwwbbb...."),
        ("hidden", "separate", (6, 11), "wwBBb..bbb...."),
        ("hidden", "overlapped", (), "wwBBbbbb......"),
    ],
)
def test_words_and_beats_of_weights_that_stay(preload, folds, leaves, timeline):
    control = HoldingControl(2, 1, Conventions(preload, folds))
    counts = [(control.inputs, 3), (control.k_folds, 2), (control.n_folds, 1)]
    assert entries(control, counts, leaves, cycles=14) == timeline


def test_words_wait_where_a_fold_is_shorter_than_its_preload():
    # three rows, one input: a word follows the first beat at once, I = L = 3
    control = HoldingControl(3, 1, Conventions("hidden", "overlapped"))
    counts = [(control.inputs, 1), (control.k_folds, 2), (control.n_folds, 1)]
    assert entries(control, counts, cycles=9) == "wwwBwwb.."


def test_addresses_of_two_folds_along_both_dimensions():
    control = HoldingControl(1, 2, Conventions("exposed", "overlapped"))
    given = [
        [(control.inputs, 2), (control.k_folds, 2), (control.n_folds, 2), (control.start, 1)],
        [(control.start, 0)],
        *([] for _ in range(19)),
    ]
    seen = cycles_of(control, given, [control.beat_enters, control.input_at, control.sum_at])
    beats = [at for enters, *at in seen if enters]
    inputs, sums = zip(*beats, strict=True)
    # two digits a step; activations begin again with n, sums with k
    assert inputs == (0, 0, 1, 1, 2, 2, 3, 3) * 2
    assert sums == (0, 0, 1, 1) * 2 + (2, 2, 3, 3) * 2


# two rows, three terms; a sum of the last row leaves four cycles after the fold's last beat
@pytest.mark.parametrize(
    ("folds", "terms", "leaves", "timeline"),
    [
        ("separate", 3, (6, 13), "bbb....bbb...."),
        ("overlapped", 3, (), "bbbbbb........"),
        # one term: the last beat waits until the rows before have had their turns
        ("overlapped", 1, (), "b.b..........."),
    ],
)
def test_beats_of_sums_that_stay(folds, terms, leaves, timeline):
    control = GrowingControl(2, 1, Conventions("exposed", folds))
    counts = [(control.steps, terms), (control.m_folds, 1), (control.n_folds, 2)]
    assert entries(control, counts, leaves, cycles=14) == timeline
