"""The figures of a study, drawn from its records; one that would be empty is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.report.figures import accuracy, curves, histograms, losses, spread
from lowbit_sim.report.study_page import Picture
from lowbit_sim.report.study_words import level_words
from lowbit_sim.study.analyses import augmentation_and_zero as by_way
from lowbit_sim.study.analyses import bit_width as by_width
from lowbit_sim.study.analyses import epochs as by_epochs
from lowbit_sim.study.analyses import recipes as by_recipe
from lowbit_sim.study.arm_summary import ArmSummary
from lowbit_sim.study.run_table import ArmRuns, RunTable
from lowbit_sim.workload.run_record import RunRecord

#: formats whose levels are counted in a figure
_COUNTED = ("levels_3", "levels_5")

Panel = TypeVar("Panel")
Pictures = tuple[Picture, ...]


def bit_width(table: RunTable, summaries: Sequence[ArmSummary]) -> Pictures:
    """Return accuracy over entropy and over memory, losses, and how often levels are taken."""
    names = by_width.ARM_NAMES
    families: dict[str, dict[str, tuple[accuracy.Point, ...]]] = {}
    for arm in summaries:
        points = tuple(_points(arm))
        families.setdefault(names.part(arm.name, "family"), {})[names.part(arm.name, "scale")] = (
            points
        )
    panels = [accuracy.Panel(family, scales) for family, scales in families.items()]
    return (
        *_picture("accuracy_over_entropy", _ENTROPY, accuracy.accuracy_over_entropy, panels),
        *_picture("accuracy_over_memory", _MEMORY, accuracy.accuracy_over_memory, panels),
        *_losses(_loss_panels(table, summaries)),
        *_picture("level_shares", _SHARES, histograms.level_shares, _share_panels(table)),
    )


def epochs(table: RunTable, summaries: Sequence[ArmSummary]) -> Pictures:
    """Return losses at every budget, and the training at the longest budget of each network."""
    longest: dict[tuple[str, str], ArmRuns] = {}
    for runs in table.usable:
        parts = [by_epochs.ARM_NAMES.part(runs.arm.name, part) for part in ("family", "scale")]
        place = (parts[0], parts[1])
        if place not in longest or _epochs(runs) > _epochs(longest[place]):
            longest[place] = runs
    return (
        *_losses(_loss_panels(table, summaries)),
        *_curves(list(longest.values())),
    )


def augmentation_and_zero(table: RunTable) -> Pictures:
    """Return the spread of accuracies over seeds, and the training of every arm."""
    families: dict[str, dict[str, ArmRuns]] = {}
    for runs in table.usable:
        family = by_way.ARM_NAMES.part(runs.arm.name, "family")
        families.setdefault(family, {})[by_way.ARM_NAMES.part(runs.arm.name, "way")] = runs
    panels = [spread.Panel(family, _strips(ways)) for family, ways in families.items()]
    return (*_picture("spread", _SPREAD, spread.spread, panels), *_curves(table.usable))


def recipes(table: RunTable, summaries: Sequence[ArmSummary]) -> Pictures:
    """Return the losses of every recipe against fp32, format by format."""
    families: dict[str, list[losses.Loss]] = {}
    for name in dict.fromkeys(one.weight_format for arm in summaries for one in arm.formats):
        for arm in summaries:
            parts = by_recipe.ARM_NAMES.parts(arm.name) or {}
            rows = families.setdefault(parts["family"], [])
            rows += _losses_of(arm, f"{parts['recipe']}, ", only=name)
    margin = table.study.spec.margin_fraction
    panels = [
        losses.Panel(family, margin, tuple(found)) for family, found in families.items() if found
    ]
    return _losses(panels)


_ENTROPY = "Accuracy over the entropy of a weight, for every family and size"
_MEMORY = "Accuracy over the memory of all weights, for every family and size"
_LOSSES = "Accuracy lost against fp32 with its interval, and what the tests say"
_SHARES = "The share of weights at each level"
_SPREAD = "The accuracy of every run, with augmentation and without"
_CURVES = "Validation accuracy after every epoch, for every weight format"


def _picture(
    name: str, shown: str, draw: Callable[[Sequence[Panel]], str], panels: Sequence[Panel]
) -> Pictures:
    return (Picture(f"{name}.svg", shown, draw(panels)),) if panels else ()


def _losses(panels: Sequence[losses.Panel]) -> Pictures:
    return _picture("losses", _LOSSES, losses.losses, panels)


def _curves(arms: Sequence[ArmRuns]) -> Pictures:
    panels = [curves.Panel(runs.arm.name, bands) for runs in arms if (bands := _bands(runs))]
    return _picture("curves", _CURVES, curves.curves, panels)


def _points(arm: ArmSummary) -> list[accuracy.Point]:
    return [
        accuracy.Point(
            one.weight_format,
            FORMATS[one.weight_format].entropy_bits,
            one.stored_bits,
            one.mean_fraction,
            one.half_width_fraction,
        )
        for one in arm.formats
    ]


def _loss_panels(table: RunTable, summaries: Sequence[ArmSummary]) -> list[losses.Panel]:
    margin = table.study.spec.margin_fraction
    rows = {arm.name: tuple(_losses_of(arm, "")) for arm in summaries}
    return [losses.Panel(name, margin, found) for name, found in rows.items() if found]


def _losses_of(arm: ArmSummary, prefix: str, only: str | None = None) -> list[losses.Loss]:
    return [
        losses.Loss(
            f"{prefix}{level_words(one.weight_format)}",
            one.against.comparison.loss_fraction,
            one.against.comparison.half_width_fraction,
            one.against.verdict,
        )
        for one in arm.formats
        if one.against is not None and only in {None, one.weight_format}
    ]


def _epochs(runs: ArmRuns) -> int:
    return runs.arm.spec.recipe.finetuning.epochs


def _bands(runs: ArmRuns) -> tuple[curves.Band, ...]:
    """Return the validation accuracies of every format of which a run finished an epoch."""
    bands = []
    for name, seeds in runs.runs.items():
        validated = [record for record in seeds.values() if record.validation_images]
        values = tuple(
            tuple(epoch.validation_fraction for epoch in record.history) for record in validated
        )
        if any(values):
            bands.append(curves.Band(level_words(name), values))
    return tuple(bands)


def _strips(ways: Mapping[str, ArmRuns]) -> tuple[spread.Strip, ...]:
    names = dict.fromkeys(name for runs in ways.values() for name in runs.runs)
    return tuple(
        spread.Strip(
            name,
            FORMATS[name].entropy_bits,
            {
                way: tuple(map(_finished, runs.runs[name].values()))
                for way, runs in ways.items()
                if name in runs.runs
            },
        )
        for name in names
    )


def _finished(record: RunRecord) -> float | None:
    return record.value_fraction if record.diverged is None else None


def _share_panels(table: RunTable) -> list[histograms.Panel]:
    return [
        histograms.Panel(f"{runs.arm.name}, {level_words(name)}", shares)
        for runs in table.usable
        for name in _COUNTED
        if (shares := _shares(name, runs.runs.get(name, {})))
    ]


def _shares(name: str, seeds: Mapping[int, RunRecord]) -> dict[int, float]:
    """Return level to share of the weights that have the format, all layers and seeds together."""
    layers = [
        layer
        for record in seeds.values()
        for layer in record.layers.values()
        if layer.weight_format == name
    ]
    total = sum(layer.weights for layer in layers)
    return {
        level: sum(layer.level_counts[place] for layer in layers) / total
        for place, level in enumerate(FORMATS[name].levels)
        if total
    }
