"""``manifest.json``: what a result was made from, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

from lowbit_sim import __version__
from lowbit_sim.registry import registered

#: packages whose version can move a number on the simulate path
_PACKAGES = ("networkx", "numpy", "pydantic", "pyyaml", "scipy", "simpy")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest_text(
    command: Sequence[str], inputs: Iterable[Path], outputs: Iterable[Path], seeds: Sequence[int]
) -> str:
    """Return the manifest as JSON.

    Parameters
    ----------
    command : sequence of str
        The command line.
    inputs, outputs : iterable of Path
        Files read and written; their hashes are taken now.
    seeds : sequence of int
        Seeds of the training runs behind the accuracies; the simulation itself draws nothing.
    """
    content = {
        "lowbit_sim": __version__,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "plug_ins": {name: point.value for name, point in registered("lowbit_sim.pe").items()},
        "command": list(command),
        "training_seeds": sorted(seeds),
        "inputs_sha256": {path.as_posix(): file_sha256(path) for path in sorted(inputs)},
        "outputs_sha256": {path.name: file_sha256(path) for path in sorted(outputs)},
    }
    return json.dumps(content, indent=2) + "\n"
