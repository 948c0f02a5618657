import pytest

from lowbit_sim.memory.dram import pj_per_bit


def test_energy_per_bit_by_hand():
    # Horowitz, ISSCC 2014: 1300 to 2600 pJ for 64 bit
    assert pj_per_bit(1300, 64) == 20.3125
    assert pj_per_bit(2600, 64) == 40.625


@pytest.mark.parametrize("bad", [(0, 64), (1300, 0), (-1, 64)])
def test_nothing_is_free(bad):
    with pytest.raises(ValueError, match="more than zero"):
        pj_per_bit(*bad)
