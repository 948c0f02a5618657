"""``lowbit-sim reproduce``: a study's tables, figures and page from its recorded runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lowbit_sim.errors import spec_error

if TYPE_CHECKING:
    from lowbit_sim.study.run_table import RunTable

_PAGE = "README.md"


def reproduce(folder: Path, runs: Path | None, *, partial: bool) -> None:
    """Write all files of a study anew; nothing is trained.

    Parameters
    ----------
    folder : Path
        The study's directory, which holds its ``study.yaml``.
    runs : Path or None
        The run store; ``runs/`` beside the study's directory if not given.
    partial : bool
        Whether to go on with the runs that are there if some are missing.

    Raises
    ------
    SpecError
        If a file is wrong or damaged, runs are missing, or a file would be replaced that was not
        made by this command for this study. Nothing is written then.
    """
    folder = folder if folder.name not in {"", ".."} else folder.resolve()
    files = study_files(folder, runs, partial=partial)
    write_study(folder, files)
    print(f"wrote {folder}/: {', '.join(files)}")  # noqa: T201


def write_study(folder: Path, files: Mapping[str, str]) -> None:
    """Write the files of a study, the page first, unless they would replace another study's.

    Raises
    ------
    SpecError
        If they would, or the folder cannot be written.
    """
    from lowbit_sim.atomic import write_atomically

    _demand_own(folder, files)
    for name, content in files.items():
        write_atomically(folder / name, content)


def study_files(folder: Path, runs: Path | None, *, partial: bool) -> dict[str, str]:
    """Return the content of every file of a study by name, the page first; see `reproduce`.

    A folder of published references (``references.yaml``) has no runs, and a comparison has
    candidates instead, which are simulated or found in the cache.

    Raises
    ------
    SpecError
        If a file is wrong or damaged, or runs are missing.
    """
    from lowbit_sim.explore.space import is_space
    from lowbit_sim.judge.comparison_spec import is_comparison
    from lowbit_sim.judge.mixing_spec import is_mixing
    from lowbit_sim.report.energy_sanity import FILE, sanity_files

    if (folder / FILE).is_file():
        return sanity_files(folder)
    if is_comparison(folder / "study.yaml"):
        from lowbit_sim.commands.compare import judged
        from lowbit_sim.report.comparison.files import comparison_files

        return comparison_files(judged(folder / "study.yaml", None))
    if is_mixing(folder / "study.yaml"):
        from lowbit_sim.commands.mixed_precision import mixing_files

        return mixing_files(folder / "study.yaml", runs or folder.parent / "runs")
    if is_space(folder / "study.yaml"):
        from lowbit_sim.report.exploration.study import design_space_files

        return design_space_files(folder)
    return _training_files(folder, runs, partial=partial)


def _training_files(folder: Path, runs: Path | None, *, partial: bool) -> dict[str, str]:
    from lowbit_sim.report.study_csv import runs_csv, summary_csv
    from lowbit_sim.report.study_kinds import KINDS, load_known_study
    from lowbit_sim.report.study_page import held_open, study_page
    from lowbit_sim.study.arm_summary import summarise
    from lowbit_sim.study.run_table import read_runs

    path = folder / "study.yaml"
    study = load_known_study(path)
    table = read_runs(study, runs or folder.parent / "runs")
    place = f"{folder.resolve().parent.name}/{folder.name}"
    train = f"lowbit-sim train {path}" + ("" if runs is None else f" --runs {runs}")
    _demand_runs(table, path, train, partial=partial)
    summaries = [summarise(arm, study.spec.margin_fraction) for arm in table.usable]
    found = KINDS[study.spec.kind].findings(table, summaries)
    if table.missing:
        found = held_open(found)
    return {
        _PAGE: study_page(table, summaries, found, place),
        "runs.csv": runs_csv(table),
        "summary.csv": summary_csv(summaries),
        **{picture.file: picture.svg for picture in found.pictures},
    }


def _demand_runs(table: RunTable, path: Path, train: str, *, partial: bool) -> None:
    missing, wanted = table.missing, table.wanted
    if not missing or (partial and missing < wanted):
        return
    hint = "" if partial or missing == wanted else ", or add --partial to use those that are there"
    reason = f"{missing:,} of {wanted:,} runs are missing: make them with '{train}'{hint}"
    raise spec_error(reason, path)


def _demand_own(folder: Path, files: Mapping[str, str]) -> None:
    """Refuse to replace what was not made here: the page tells, which is written first."""
    from lowbit_sim.report.study_page import marker

    page = folder / _PAGE
    try:
        known = page.read_text(encoding="utf-8") if page.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise spec_error(f"cannot be read: {error}", page) from error
    if marker(folder.name) in known.splitlines():
        return
    for name in files:
        if (folder / name).exists():
            reason = f"was not made by 'lowbit-sim reproduce' for {folder.name}; move it away first"
            raise spec_error(reason, folder / name)
