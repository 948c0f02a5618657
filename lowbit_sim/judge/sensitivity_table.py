"""``sensitivity.csv`` of a study of mixed precision: what each layer loses in each format."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from lowbit_sim.errors import spec_error
from lowbit_sim.study.accuracy import accuracy_rows

FILE = "sensitivity.csv"


@dataclass(frozen=True, slots=True)
class SensitivityRow:
    """One layer of one pre-trained network in one format, all other layers in fp32.

    Parameters
    ----------
    network : str
    seed : int
    pretrained_key : str
        The key of the run that made the network.
    hessian_probes : int
        Random vectors behind the trace.
    layer, weight_format : str
    weights : int
        Weights of the layer.
    loss_increase, second_order_increase : float
        Measured and estimated [nat], on the validation images.
    lost_images : int
        Validation images classified rightly before and wrongly now, less the contrary.
    """

    network: str
    seed: int
    pretrained_key: str
    hessian_probes: int
    layer: str
    weight_format: str
    weights: int
    loss_increase: float
    second_order_increase: float
    lost_images: int


COLUMNS = tuple(field.name for field in fields(SensitivityRow))


def sensitivity_text(rows: Iterable[SensitivityRow]) -> str:
    """Return the rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(astuple(row) for row in rows)
    return text.getvalue()


def read_sensitivity(path: Path) -> tuple[SensitivityRow, ...]:
    """Read the file at `path`.

    Raises
    ------
    SpecError
        If it cannot be read, has other columns, or a row is malformed, doubled or not finite.
    """
    found: dict[tuple[str, int, str, str], SensitivityRow] = {}
    for line, row in accuracy_rows(path, COLUMNS):
        try:
            one = SensitivityRow(
                row["network"],
                int(row["seed"]),
                row["pretrained_key"],
                int(row["hessian_probes"]),
                row["layer"],
                row["weight_format"],
                int(row["weights"]),
                float(row["loss_increase"]),
                float(row["second_order_increase"]),
                int(row["lost_images"]),
            )
        except ValueError as error:
            raise spec_error(f"is no row of sensitivities: {error}", path, line) from error
        if not (math.isfinite(one.loss_increase) and math.isfinite(one.second_order_increase)):
            raise spec_error("a loss must be finite", path, line)
        place = (one.network, one.seed, one.layer, one.weight_format)
        if place in found:
            raise spec_error("this layer stands twice in this format", path, line)
        found[place] = one
    return tuple(found.values())
