import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lowbit_sim.data.splits import split_indices
from lowbit_sim.errors import SpecError

LABELS = st.lists(st.integers(0, 5), min_size=1, max_size=200).map(np.array)
FRACTIONS = st.floats(0, 0.95) | st.sampled_from([0, 0.1, 0.2, 0.25, 0.3, 0.5])


def split(labels, fraction, seed):
    try:
        return split_indices(labels, fraction, seed)
    except SpecError:
        counts = np.bincount(labels)
        # only where a class may have to give all it has
        assert (counts[counts > 0] * fraction > counts[counts > 0] - 1).any()
        assume(False)
        raise


@given(labels=LABELS, fraction=FRACTIONS, seed=st.integers(0, 9))
def test_every_image_is_in_exactly_one_part_and_both_rise(labels, fraction, seed):
    kept, held_out = split(labels, fraction, seed)
    assert sorted([*kept, *held_out]) == list(range(len(labels)))
    assert len(held_out) == round(len(labels) * fraction)
    for part in (kept, held_out):
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()


@given(labels=LABELS, fraction=FRACTIONS, seed=st.integers(0, 9))
def test_every_class_gives_its_share_within_one_image(labels, fraction, seed):
    _, held_out = split(labels, fraction, seed)
    given_by = np.bincount(labels[held_out], minlength=6)
    shares = np.bincount(labels, minlength=6) * fraction
    assert (np.abs(given_by - shares) < 1 + 1e-9).all()


def test_remainders_decide_who_gives_more():
    # shares 1.2, 0.8, 1.6 of 9: the classes 2 and 1 lost most, so they give one more each
    labels = np.repeat([0, 1, 2], [3, 2, 4])
    _, held_out = split_indices(labels, 0.4, 0)
    assert np.bincount(labels[held_out]).tolist() == [1, 1, 2]


def test_lower_labels_give_first_where_all_lost_the_same():
    labels = np.repeat([0, 1, 2, 3], 5)
    _, held_out = split_indices(labels, 0.3, 0)
    assert np.bincount(labels[held_out]).tolist() == [2, 2, 1, 1]


def test_the_seed_decides_the_split():
    labels = np.arange(1000) % 10
    one, same, other = (split_indices(labels, 0.2, seed)[1] for seed in (1, 1, 2))
    assert (one == same).all()
    assert not (one == other).all()


def test_the_split_stays_what_it_is():
    """Accuracies that were measured belong to this draw; another one would need them all anew."""
    labels = np.arange(20) % 2
    assert split_indices(labels, 0.3, 7)[1].tolist() == [0, 5, 9, 14, 16, 17]


def test_the_order_of_the_images_is_not_the_order_of_the_draw():
    _, held_out = split_indices(np.zeros(100, int), 0.5, 3)
    assert 15 < (held_out < 50).sum() < 35


def test_nothing_may_be_held_out():
    kept, held_out = split_indices(np.array([0, 1]), 0, 0)
    assert kept.tolist() == [0, 1]
    assert held_out.tolist() == []


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, float("nan")])
def test_a_fraction_out_of_range_is_refused(fraction):
    with pytest.raises(SpecError, match=r"must be at least 0 and less than 1 \(got "):
        split_indices(np.array([0, 1]), fraction, 0)


def test_a_class_that_would_keep_nothing_is_named():
    with pytest.raises(SpecError) as caught:
        split_indices(np.array([0, 0, 0, 0, 2]), 0.6, 0)
    expected = "holding out 0.6 would keep none of the 1 images of class 2"
    assert str(caught.value) == expected
