import pytest

from lowbit_sim.testing import BrokenContractError
from lowbit_sim.testing.demands import demand


def test_what_holds_passes_in_silence():
    demand(True, "never told")
    demand([0], "never told")


@pytest.mark.parametrize("condition", [False, None, [], ""])
def test_what_does_not_hold_is_told(condition):
    with pytest.raises(BrokenContractError, match=r"^the rule$"):
        demand(condition, "the rule")


def test_a_broken_contract_is_a_failed_assertion_under_any_runner():
    assert issubclass(BrokenContractError, AssertionError)
