from dataclasses import replace

from process import ROOT, TERNARY, refused, within

from lowbit_sim.commands import verification
from lowbit_sim.study.verify import verify

FCNN = "workloads/fcnn_digits.yaml"


def test_every_product_is_carried_out_and_equal():
    done = within(ROOT, "run", FCNN, TERNARY, "-f", "levels_3", "--verify")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    # 64·128 + 128·128 + 128·10 multiply-accumulates in three layers
    assert "3 matrix products (25,856 MACs) carried out on the network's own weights" in said
    assert "every sum is that of plain integers" in said


def test_a_single_wrong_sum_is_an_error(monkeypatch):
    def one_is_wrong(*arguments):
        first, *others = verify(*arguments)
        return replace(first, differing=1), *others

    monkeypatch.setattr(verification, "verify", one_is_wrong)
    done = within(ROOT, "run", FCNN, TERNARY, "-f", "levels_3", "--verify")
    refused(done, "the machine computes something else")
    assert "1 of 128 differ" in " ".join(done.stdout.split())
