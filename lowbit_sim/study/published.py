"""Published accuracy: a row for each weight format in ``published_accuracy.csv``, with its source.

Where nobody trains a network here, numbers that others published stand in for a measurement. They
are joined to costs on the weight format like measured ones, and every report says that they are
published, not measured.

**Columns.** ``published_as`` is what the source calls the network in this format, ``conditions``
what it says of the rest (what else was rounded, and what was not), ``half_width_fraction`` half of
the 95 % interval that it states, empty where it states none. A format that no source knows has no
row. The baseline needs one: where it was published in 16 bit, its value stands for fp32 as it is,
because every bf16 and every fp16 number is an fp32 number; ``published_as`` says so.

**Two formats are one** only if their levels are the same up to the step. ParetoQ [1]_ gives 1 bit
as ±1 (``levels_2``), 1.58 bit as 0, ±2/3 (``levels_3``), 2 bit as ±1/4, ±3/4 (``levels_4``: ±1,
±3), 3 and 4 bit as −4 … 3 and −8 … 7 (``levels_8``, ``levels_16``), all with a step for each output
channel, as here. Its networks are fine-tuned from 16-bit ones of MobileLLM's structure that are
better than MobileLLM's own; losses are against those, in the same table.

References
----------
.. [1] Z. Liu et al., "ParetoQ: Scaling Laws in Extremely Low-bit LLM Quantization",
   arXiv:2502.02631; grids from models/utils_quant.py, accuracies and structure from README.md of
   facebookresearch/ParetoQ at commit 655e3386617845e1e3516198437ebad8dab8dc68.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lowbit_sim.errors import nearest, spec_error
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.study.accuracy import Accuracy, accuracy_rows

PUBLISHED_COLUMNS = (
    "workload",
    "weight_format",
    "activation_format",
    "metric",
    "value_fraction",
    "half_width_fraction",
    "published_as",
    "conditions",
    "source",
)
#: columns in which something has to stand
_NEEDED = ("metric", "published_as", "source")


def published_path(spec_path: Path) -> Path:
    """Return where the published accuracies of a weight-free network's workload file stand.

    Examples
    --------
    >>> published_path(Path("workloads/llama_decode.yaml")).as_posix()
    'workloads/llama_decode/published_accuracy.csv'
    """
    return spec_path.with_suffix("") / "published_accuracy.csv"


def read_published(
    path: Path, workload: str, formats: Sequence[str], baseline: str
) -> dict[str, Accuracy]:
    """Read ``published_accuracy.csv`` into an `Accuracy` for every weight format that has a row.

    Parameters
    ----------
    path : Path
    workload : str
        The workload's name.
    formats : sequence of str
        Its weight formats.
    baseline : str
        The format that losses are measured against.

    Raises
    ------
    SpecError
        If a row is malformed, doubled, impossible, without a source, of another workload, or of
        a format that the workload does not have; if rows differ in their metric; or if the
        baseline has none.
    """
    found: dict[str, Accuracy] = {}
    for line, row in accuracy_rows(path, PUBLISHED_COLUMNS):
        one = _published(path, line, row)
        _check_join(path, line, one, workload, formats)
        if one.weight_format in found:
            reason = "this weight format stands twice"
            raise spec_error(reason, path, line, "weight_format", one.weight_format)
        first = next(iter(found.values()), one)
        if one.metric != first.metric:
            reason = f"rows of one file need one metric; the first has '{first.metric}'"
            raise spec_error(reason, path, line, "metric", one.metric)
        found[one.weight_format] = one
    if baseline not in found:
        reason = f"has no row for {baseline}, against which lost accuracy is measured"
        raise spec_error(reason, path, key="weight_format")
    return found


def _check_join(
    path: Path, line: int, one: Accuracy, workload: str, formats: Sequence[str]
) -> None:
    """Demand that a row joins to a weight format of the workload."""
    if one.workload != workload:
        reason = f"must be the workload's name, '{workload}'"
        raise spec_error(reason, path, line, "workload", one.workload)
    if one.weight_format not in formats:
        reason = f"is no format of this workload; {nearest(one.weight_format, formats)}"
        raise spec_error(reason, path, line, "weight_format", one.weight_format)
    if one.activation_format not in FORMATS:
        reason = f"is no number format; {nearest(one.activation_format, FORMATS)}"
        raise spec_error(reason, path, line, "activation_format", one.activation_format)


def _published(path: Path, line: int, row: dict[str, str]) -> Accuracy:
    for name in _NEEDED:
        if not row[name].strip():
            raise spec_error("must not be empty", path, line, name)
    stated = row["half_width_fraction"].strip()
    half = _fraction(path, line, "half_width_fraction", stated) if stated else None
    return Accuracy(
        row["workload"],
        row["weight_format"],
        row["activation_format"],
        row["metric"],
        row["source"],
        epochs=0,
        test_images=0,
        fractions={0: _fraction(path, line, "value_fraction", row["value_fraction"])},
        published_as=row["published_as"],
        stated_half_width_fraction=half,
        conditions=row["conditions"],
    )


def _fraction(path: Path, line: int, name: str, text: str) -> float:
    """Return the fraction that a cell holds, 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        raise spec_error("is no number", path, line, name, text) from None
    if not 0 <= value <= 1:
        raise spec_error("must lie between 0 and 1", path, line, name, text)
    return value
