"""Under which conditions machines are compared, in a line each."""

from __future__ import annotations

from collections.abc import Iterator

from lowbit_sim.judge.comparison_spec import BANDS
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.published import PUBLISHED
from lowbit_sim.report.study_words import listed

_OBJECTIVES = {"edp": "energy × delay", "energy": "energy", "cycles": "time"}
_UM2_PER_MM2, _BITS_PER_GB = 1e6, 8e9


def setting(judgement: Judgement) -> list[str]:
    """Return what holds for all machines, what each was scaled to, and who was left out."""
    return [
        *_equal(judgement),
        _rule(judgement),
        *_published(judgement),
        _doubt(judgement),
        *_left_out(judgement),
    ]


def _equal(judgement: Judgement) -> Iterator[str]:
    spec = judgement.comparison.spec
    if spec.equal_area_um2 is None:
        yield "Every machine has its own size."
    else:
        area = f"{spec.equal_area_um2 / _UM2_PER_MM2:g} mm²"
        yield f"Every machine is scaled to the largest array that fits {area} with its memories."
    if spec.equal_dram_bits_per_s is not None:
        rate = f"{spec.equal_dram_bits_per_s / _BITS_PER_GB:g} GB/s"
        yield f"Every machine has a DRAM of {rate}, in whole bits a cycle."
    machines = [verdict.machine for one in judgement.decided for verdict in one.verdicts]
    names = listed(dict.fromkeys(one.technology for one in machines))
    least = _OBJECTIVES[spec.objective]
    yield f"Priced in {names}; mapped for the least {least}."
    if spec.batch_sizes == (1,):
        yield "One input runs at a time."
    else:
        yield "A network × n runs n inputs at once; time and energy are those of all n."


def _rule(judgement: Judgement) -> str:
    spec = judgement.comparison.spec
    return (
        f"A format may lose {100 * spec.margin_fraction:g} point against fp32, by its mean over "
        "the seeds; of those the least energy × delay wins."
    )


def _published(judgement: Judgement) -> Iterator[str]:
    sources: dict[tuple[str, str], list[str]] = {}
    for decided in judgement.decided:
        for one in decided.contest.candidates:
            if one.accuracy is not None and one.accuracy.published:
                names = sources.setdefault((one.accuracy.metric, one.accuracy.source), [])
                names.append(one.workload)
    for (metric, source), names in sources.items():
        whose = listed(dict.fromkeys(names))
        yield f"Accuracies of {whose} are {PUBLISHED}: {metric} ({source.rstrip('.')})."
    if any(len(sample) == 1 for one in judgement.decided for sample in one.contest.losses.values()):
        yield "Accuracies without seeds are taken as they stand: there only prices are in doubt."


def _doubt(judgement: Judgement) -> str:
    doubt = judgement.comparison.spec.doubt
    bands = listed(f"{name} {doubt.band(name):g}" for name in BANDS)
    return (
        f"Doubt: {doubt.samples:,} samples of mean losses (Student's t over the seeds) and of "
        f"every price, wrong by a factor, either way, of up to (95 %): {bands}."
    )


def _left_out(judgement: Judgement) -> Iterator[str]:
    for out in judgement.entrants.left_out:
        yield f"Left out: {out.accelerator} in {out.technology} {out.reason}."
    machines = {
        verdict.machine.key for decided in judgement.decided for verdict in decided.verdicts
    }
    refused: dict[tuple[str, str], list[str]] = {}
    for decided in judgement.decided:
        for one in decided.contest.refused:
            if one.machine.key not in machines:
                names = refused.setdefault((one.machine.name, str(one.refusal)), [])
                names.append(one.weight_format)
    for (name, reason), formats in refused.items():
        yield f"Left out: {name} runs none of {', '.join(dict.fromkeys(formats))}: {reason}."
