"""A study's page in Markdown: what was asked, what the runs answer, and on what that rests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lowbit_sim.report.markdown import markdown_table
from lowbit_sim.report.study_words import MARKS, cell, counted, level_words, listed, sentence
from lowbit_sim.report.training_words import training_text
from lowbit_sim.study.arm_summary import ArmSummary
from lowbit_sim.study.claims import SOURCE, Answer
from lowbit_sim.study.run_table import ArmRuns, RunTable


@dataclass(frozen=True, slots=True)
class Finding:
    """A claim, its answer, what in the runs it rests on, and the rule that decided."""

    answer: Answer
    reason: str
    rule: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page with its heading, one that only this kind of study has."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure: the name of its file, what it shows for who cannot see it, and the SVG."""

    file: str
    shown: str
    svg: str


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one kind of study has to say.

    Parameters
    ----------
    findings : tuple of Finding
    sections : tuple of Section
    pictures : tuple of Picture
    limits : tuple of str
        What this kind of study does not show.
    """

    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    pictures: tuple[Picture, ...]
    limits: tuple[str, ...]


def marker(name: str) -> str:
    """Return the line by which a page shows that it was made from the records of this study."""
    return f"<!-- made by: lowbit-sim reproduce, study {name} -->"


def study_page(
    table: RunTable, summaries: Sequence[ArmSummary], found: Findings, place: str
) -> str:
    """Return the page.

    Parameters
    ----------
    table : RunTable
        With at least one finished run.
    summaries : sequence of ArmSummary
        Of the arms that have one.
    found : Findings
    place : str
        The study's directory as it stands in the commands.
    """
    spec = table.study.spec
    pictures = "\n\n".join(f"![{one.shown}]({one.file})" for one in found.pictures)
    parts = [
        f"# {spec.name}",
        marker(spec.name),
        *_incomplete(table),
        f"**Question.** {spec.question}",
        _answer(found.findings),
        "\n".join(_reason(finding) for finding in found.findings),
        _verdict_words(found.findings),
        "## Accuracy",
        accuracy_table(summaries, by_format=spec.kind == "bit_width"),
        _legend(spec.margin_fraction),
        *(f"## {one.title}\n\n{one.text}" for one in found.sections),
        *([f"## Figures\n\n{pictures}"] if pictures else []),
        "## How the answers were decided",
        "\n".join(f"- {_lettered(one)} {one.rule}" for one in found.findings),
        "## How it was trained",
        training_text(table.usable),
        "## What this does not show",
        "\n".join(f"- {limit}" for limit in (*found.limits, *_limits(table))),
        "## Make it again",
        _commands(place, table.missing),
    ]
    return "\n\n".join(parts) + "\n"


def held_open(found: Findings) -> Findings:
    """Return the same with every claim undecided: some of the runs it rests on are missing."""
    undecided = [
        replace(one, answer=replace(one.answer, verdict="undecided")) for one in found.findings
    ]
    return replace(found, findings=tuple(undecided))


def accuracy_table(summaries: Sequence[ArmSummary], *, by_format: bool) -> str:
    """Return the accuracies of all arms and formats, a row for each format or for each arm."""
    names = list(dict.fromkeys(one.weight_format for arm in summaries for one in arm.formats))
    cells = {(arm.name, one.weight_format): cell(one) for arm in summaries for one in arm.formats}
    arms = [arm.name for arm in summaries]
    if by_format:
        rows = [[level_words(name), *(cells.get((a, name), "") for a in arms)] for name in names]
        return markdown_table(["weights", *arms], rows)
    rows = [[a, *(cells.get((a, name), "") for name in names)] for a in arms]
    return markdown_table(["arm", *map(level_words, names)], rows)


def _incomplete(table: RunTable) -> list[str]:
    """Say first if runs are missing, and of which arms."""
    if not table.missing:
        return []
    there = f"{table.wanted - table.missing:,} of {counted(table.wanted, 'run')} are finished"
    said = [f"> **Incomplete: {there}**; until all are, every claim stays undecided."]
    short = [runs for runs in table.usable if runs.found < runs.wanted]
    if short:
        said.append(f"> Incomplete arms: {listed(map(_found_words, short))}.")
    empty = [f"`{runs.arm.name}`" for runs in table.arms if not runs.found]
    if empty:
        said.append(f"> Left out, as none of their runs is finished: {listed(empty)}.")
    return ["\n>\n".join(said)]


def _found_words(runs: ArmRuns) -> str:
    return f"`{runs.arm.name}` ({runs.found} of {runs.wanted})"


def _answer(findings: Sequence[Finding]) -> str:
    said = "; ".join(f"{one.answer.claim.text}: {one.answer.verdict}" for one in findings)
    return f"**{sentence(said)}**"


def _lettered(finding: Finding) -> str:
    return f"({finding.answer.claim.letter})"


def _reason(finding: Finding) -> str:
    verdict = finding.answer.verdict
    return f"- {_lettered(finding)} *{verdict[:1].upper()}{verdict[1:]}.* {finding.reason}"


def _verdict_words(findings: Sequence[Finding]) -> str:
    theirs = [_lettered(one) for one in findings if one.answer.claim.letter != "r"]
    several = len(theirs) > 1
    source = f"{listed(theirs)} {'are claims' if several else 'is a claim'} of {SOURCE}, "
    source += "in our words. "
    return (
        f"{source if theirs else ''}*Supported* and *not supported* mean that tests show the claim "
        "or its contrary, *undecided* that they show neither, which is no sign that there is no "
        "difference. The rules stand further below."
    )


def _legend(margin_fraction: float) -> str:
    margin = f"{100 * margin_fraction:g} point"
    return (
        "Per cent of the test images, mean over seeds ± half the 95 % interval (Student's t). "
        f"Beside fp32 of the same arm and seeds, `{MARKS['comparable']}`: shown to lie within "
        f"± {margin}; `{MARKS['worse']}`, `{MARKS['better']}`: shown to be worse, better; "
        f"`{MARKS['undecided']}`: neither is shown. These are paired t tests, two one-sided ones "
        "for the first, at 5 % after Holm's adjustment within the arm. `†`: so many runs "
        "diverged; they are in the mean with the accuracy that they ended with. All numbers, "
        "losses and p values stand in `summary.csv`, single runs in `runs.csv`."
    )


def _limits(table: RunTable) -> list[str]:
    records = [record for runs in table.usable for record in runs.records()]
    parameters = sorted({record.parameters for record in records})
    sizes = listed(f"{count:,}" for count in (parameters[0], parameters[-1])[: len(parameters)])
    seeds = sorted({len(runs.arm.seeds) for runs in table.usable})
    many = " or ".join(map(str, seeds))
    tested = listed(f"{count:,}" for count in sorted({record.test_images for record in records}))
    between = "between " if len(parameters) > 1 else ""
    return [
        (
            f"Networks have {between}{sizes} parameters here; nothing is said of larger ones, of "
            "other images than those named above, or of other tasks."
        ),
        (
            f"There are {many} seeds an arm. A seed changes the starting weights and the order of "
            "the images; the split of the training images stays, so intervals leave its chance out."
        ),
        (
            f"Accuracy is measured on the same {tested} test images for every network, which are a "
            "sample themselves."
        ),
        (
            "Claims are tested on networks, images and training of our own; no run of the paper is "
            "repeated."
        ),
    ]


def _commands(place: str, missing: int) -> str:
    again = f"lowbit-sim reproduce {place}{' --partial' * bool(missing)}"
    return (
        f"```console\nlowbit-sim train {place}/study.yaml\n{again}\n```\n\n"
        "The first trains what has no record in the run store yet and may take hours. The second "
        "trains nothing: it makes this page, its tables and its figures from the records, the "
        "same to the byte every time."
    )
