"""The simulator in Python: what ``lowbit-sim run`` finds, as an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lowbit_sim.commands.question import Question, located, rankings, read_inputs
from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.mapping.mapper import Objective
from lowbit_sim.report.csv_files import tables
from lowbit_sim.report.frames import pandas_frame, polars_frame
from lowbit_sim.report.notebook import ranking_html
from lowbit_sim.report.sentence import answer
from lowbit_sim.study.experiment import EngineName, LayerResult
from lowbit_sim.study.ranking import RankedFormat, Ranking

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """The weight precisions of a workload on a machine, best first.

    As a text it is the sentence that answers the question; a notebook shows the table.

    Parameters
    ----------
    ranking : Ranking
    elsewhere : tuple of Ranking
        The same in the further technologies that were asked for.
    """

    ranking: Ranking
    elsewhere: tuple[Ranking, ...] = ()

    def __str__(self) -> str:
        return answer(self.ranking)

    def __repr__(self) -> str:
        study = self.ranking.study
        machine, winner = study.pricing.machine.name, self.winner
        best = "none eligible" if winner is None else f"best {winner.result.weight_format}"
        return f"<{study.workload} on {machine}: {len(self.formats)} formats, {best}>"

    def _repr_html_(self) -> str:
        return ranking_html(self.ranking)

    @property
    def formats(self) -> tuple[RankedFormat, ...]:
        """Every format with its place, cost and accuracy, best first."""
        return self.ranking.formats

    @property
    def winner(self) -> RankedFormat | None:
        """The best eligible format, or None if there is none."""
        return self.ranking.winner

    @property
    def layers(self) -> Mapping[str, tuple[LayerResult, ...]]:
        """The operators in execution order, by weight format; of formats that the machine runs."""
        ran = (one.result for one in self.formats if one.result.refusal is None)
        return MappingProxyType({result.weight_format: result.layers for result in ran})

    def rows(self, table: str = "ranking") -> list[dict[str, Any]]:
        """Return the rows of a table by column, units at the end of the names.

        They are those of the CSV files; None stands where a cell is empty.

        Parameters
        ----------
        table : str
            ``ranking`` or ``cost`` (a row for each format), or ``layers`` (a row for each
            operator of each format).

        Raises
        ------
        SpecError
            If there is no such table.
        """
        found = tables(self.ranking)
        if table not in found:
            raise spec_error(f"there is none; {nearest(table, found)}", key="table", value=table)
        return found[table]

    def to_pandas(self, table: str = "ranking") -> pd.DataFrame:
        """Return `rows` as a frame of pandas.

        Raises
        ------
        LowbitSimError
            If pandas is not installed, or there is no such table.
        """
        return pandas_frame(self.rows(table))

    def to_polars(self, table: str = "ranking") -> pl.DataFrame:
        """Return `rows` as a frame of polars.

        Raises
        ------
        LowbitSimError
            If polars is not installed, or there is no such table.
        """
        return polars_frame(self.rows(table))


def run(
    workload: str | Path,
    arch: str | Path,
    *,
    formats: str | Sequence[str] = (),
    engine: EngineName = "closed_form",
    objective: Objective = "edp",
    margin_points: float = 0.5,
    technologies: str | Sequence[str] = (),
) -> Result:
    """Rank the weight precisions of a workload on a machine, as ``lowbit-sim run`` does.

    Parameters
    ----------
    workload, arch : str or Path
        Paths of the two files, or their names in ``workloads/`` and ``arch_specs/`` of the
        current directory.
    formats : str or sequence of str
        Only these weight formats, and the baseline; all if empty.
    engine : str
        What makes the cycles: ``closed_form`` or ``event_driven``.
    objective : str
        What the mapper minimises: ``edp``, ``cycles`` or ``energy``.
    margin_points : float
        Accuracy that may be lost against fp32 [point].
    technologies : str or sequence of str
        What prices the machine instead of its own technology (names beside it, or paths); further
        ones make `Result.elsewhere`.

    Raises
    ------
    LowbitSimError
        If a file or an option is wrong, a format that was asked for cannot be run, or none can.
    """
    question = Question(
        located(workload, "workloads"),
        located(arch, "arch_specs"),
        _listed(formats),
        engine,
        objective,
        margin_points,
        _listed(technologies),
    )
    first, *others = rankings(question, read_inputs(question))
    return Result(first, tuple(others))


def _listed(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
