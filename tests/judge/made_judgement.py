"""A judgement of two made-up machines, and what it is made from."""

from pathlib import Path

from made_contest import small_and_large
from test_judgement import SPEC

from lowbit_sim.judge.comparison_spec import Comparison
from lowbit_sim.judge.judgement import judge
from lowbit_sim.judge.running import Entrants, LeftOut


def judgement(candidates=None, left_out=(), folder=Path("made_up"), **changed):
    """Return the judgement of some candidates, by default three formats on two machines."""
    spec = SPEC.model_copy(update=changed)
    path = folder / "study.yaml"
    found = tuple(small_and_large() if candidates is None else candidates)
    named = tuple(LeftOut(*one) for one in left_out)
    return judge(Comparison(path, spec, (), (), (), None), Entrants(found, named, (path,)))
