import json

import pytest
from made_contest import candidate, rows, small_and_large

from lowbit_sim.judge.candidate import from_plain, to_plain


def test_what_follows_from_counts():
    one = candidate("levels_3", rows(10.0, 160.0, 1.0), 100)
    assert one.energy_pj == 171.0
    assert one.seconds == 100e-9
    assert one.energy_delay_pj_s == pytest.approx(171e-7)
    assert one.machine.area_um2 == 1e6


def test_there_and_back_through_json():
    for made in (small_and_large()[:4], small_and_large()[4:]):
        plain = json.loads(json.dumps(to_plain(made)))
        assert from_plain(plain) == tuple(made)
        assert list(plain) == ["machine", "candidates"]


def test_networks_without_accuracies_too():
    made = candidate("levels_3", rows(1.0), 1, accuracy=None)
    assert from_plain(to_plain([made])) == (made,)


@pytest.mark.parametrize("damaged", [{}, {"machine": {}, "candidates": []}])
def test_anything_else_is_none(damaged):
    with pytest.raises((TypeError, KeyError)):
        from_plain(damaged)
