"""Judgements that figures of a comparison must bear: made by hand, each odd in one way."""

from dataclasses import replace

from made_contest import candidate, machine, rows, small_and_large
from made_judgement import judgement


def one_of_each():
    """One machine and one format, which is the winner."""
    return judgement([candidate("fp32", rows(10.0, 100.0, 1.0), 100)])


def no_accuracies():
    return judgement([replace(one, accuracy=None) for one in small_and_large()])


def no_winner():
    """The only candidate loses 0.02, the margin is 0.005; fp32 runs nowhere."""
    made = [
        candidate("levels_2", rows(10.0, 100.0, 1.0), 100),
        candidate("fp32", {}, 0, refusal="no multipliers"),
    ]
    return judgement(made)


def no_dram():
    """Machines without a DRAM: no price, no traffic."""
    dry = machine(prices={})
    made = [
        candidate(name, rows(10.0), 100, dry, dram_bits=0)
        for name in ("levels_3", "levels_5", "fp32")
    ]
    return judgement(made)


def crowd(machines=14):
    """Thirteen formats on many machines for two networks, named alike in two technologies."""
    names = [*(f"levels_{count}" for count in (2, 3, 4, 5, 7, 8, 9, 15, 16, 17)), "int8", "fp32"]
    made = []
    for place in range(machines):
        on = machine(f"a_machine_{place // 2}", technology=("one", "another")[place % 2])
        for step, name in enumerate((*names, "levels_7_pow2"), 1):
            energy = rows(10.0 * step + place, 100.0 * step, 1.0)
            one = candidate(name, energy, 100 + 7 * step + place, on, accuracy=None)
            made += [replace(one, workload=network) for network in ("net", "other_net")]
    return judgement(made)


ODD = {
    "plain": judgement,
    "one machine, one format": one_of_each,
    "no accuracies": no_accuracies,
    "no winner": no_winner,
    "no DRAM": no_dram,
    "crowd": crowd,
}
