"""All files of a comparison, by name: page, tables, figures, manifest."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from lowbit_sim.judge.cache import kept_text, package_hash
from lowbit_sim.judge.judgement import Judgement
from lowbit_sim.report.comparison.figures.pictures import pictures
from lowbit_sim.report.comparison.latex import tables_tex
from lowbit_sim.report.comparison.page import comparison_page
from lowbit_sim.report.comparison.readme import PAGE, comparison_readme
from lowbit_sim.report.comparison.tables import csv_text, json_ready, tables
from lowbit_sim.study.manifest import MANIFEST, environment, file_sha256


def remembered_files(judgement: Judgement, *, drawn: bool) -> dict[str, str]:
    """Return what `comparison_files` does, from the cache if nothing behind it has changed."""
    decided = {
        "package": package_hash(),
        "packages": {name: version(name) for name in ("numpy", *(["matplotlib"] * drawn))},
        "drawn": drawn,
        "folder": judgement.comparison.folder.resolve().as_posix(),
        "inputs": inputs_sha256(judgement),
    }
    key = hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()
    text = kept_text(key, lambda: json.dumps(comparison_files(judgement, drawn=drawn)))
    files: dict[str, str] = json.loads(text)
    return files


def comparison_files(judgement: Judgement, *, drawn: bool = True) -> dict[str, str]:
    """Return the content of every file, the page first, the manifest last.

    Parameters
    ----------
    judgement : Judgement
        With at least one contest.
    drawn : bool
        Whether there are figures, which need matplotlib.

    Raises
    ------
    SpecError
        If matplotlib is not installed but wanted, or the table of published DRAM energies is
        faulty.
    """
    folder = judgement.comparison.folder.resolve()
    place = f"{folder.parent.name}/{folder.name}"
    rows = json_ready(tables(judgement))
    figures = pictures(judgement) if drawn else {}
    shown = {name: words for name, (words, _) in figures.items()}
    files = {
        "README.md": comparison_readme(judgement, shown, place),
        **{f"{name}.csv": csv_text(table) for name, table in rows.items()},
        **{name: svg for name, (_, svg) in figures.items()},
        "tables.tex": tables_tex(judgement),
    }
    files[PAGE] = comparison_page(judgement, _manifest(judgement, files))
    return {**files, MANIFEST: json.dumps(_manifest(judgement, files), indent=2) + "\n"}


def inputs_sha256(judgement: Judgement) -> dict[str, str]:
    """Return the hash of every file that was read, by its path from the study's folder."""
    folder = judgement.comparison.folder.resolve()
    paths = {os.path.relpath(path.resolve(), folder): path for path in judgement.entrants.files}
    return {name: file_sha256(path) for name, path in sorted(paths.items())}


def _manifest(judgement: Judgement, files: Mapping[str, str]) -> dict[str, Any]:
    comparison = judgement.comparison
    known = [one.accuracy for one in judgement.entrants.candidates if one.accuracy is not None]
    seeds = {seed for one in known if not one.published for seed in one.fractions}
    return {
        **environment(),
        "command": ["lowbit-sim", "compare", f"{comparison.spec.name}/study.yaml"],
        "options": comparison.spec.model_dump(mode="json"),
        "training_seeds": sorted(seeds),
        "inputs_sha256": inputs_sha256(judgement),
        "outputs_sha256": {
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())
        },
    }
