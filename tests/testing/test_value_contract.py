import numpy as np
import pytest
from made_elements import SoundSkipper, broken

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.pe.array import PEArray
from lowbit_sim.pe.base import Tile
from lowbit_sim.testing import BrokenContractError
from lowbit_sim.testing.value_contract import check_profile

PAIR = number_format("levels_3"), number_format("int8")
PROFILE = SoundSkipper.profile


def check(kind, stays="weight"):
    array = PEArray(kind(), 2, 3, 24, stationary=(stays,))
    check_profile(array, Tile(5, 17, 8), PAIR, stays, np.random.default_rng(0), "mine")


@pytest.mark.parametrize("stays", ["weight", "output"])
def test_a_sound_profile_passes(stays):
    check(SoundSkipper, stays)


BROKEN = {
    "mine: a group of 0": {"group": lambda *_: 0},
    "mine: a profile of (3, 5), not (5, 3)": {"profile": lambda *asked: PROFILE(*asked).T},
    "mine: a profile of float64, not int64": {"profile": lambda *asked: PROFILE(*asked) / 1},
    "mine: a beat takes 0 cycles": {"profile": lambda *asked: 0 * PROFILE(*asked)},
    "cycles with values": {"profile": lambda *asked: PROFILE(*asked) + 1},
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_told(rule):
    with pytest.raises(BrokenContractError) as caught:
        check(broken(SoundSkipper, **BROKEN[rule]))
    assert rule in str(caught.value)


def test_the_sound_skipper_is_sound():
    """Two planes of three levels: zeros and -1 have one bit, 1 has two."""
    levels = np.zeros((4, 3), dtype=np.int64)
    levels[0, 0], levels[3, 2] = -1, 1
    profile = SoundSkipper(lanes=1).profile(levels, 2, 2, "weight")
    assert profile.tolist() == [[1, 1], [1, 2]]
    assert SoundSkipper().passes(*PAIR) == 2
