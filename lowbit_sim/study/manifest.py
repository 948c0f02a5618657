"""``manifest.json``: what a result was made from, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lowbit_sim import __version__
from lowbit_sim.errors import spec_error
from lowbit_sim.registry import registered

__all__ = ["MANIFEST", "environment", "file_sha256", "manifest_text", "read_manifest"]
MANIFEST = "manifest.json"
#: what maps the names of files to their hashes
_HASHES = ("inputs_sha256", "outputs_sha256")
_NO_OPTIONS: Mapping[str, object] = MappingProxyType({})
#: packages whose version can move a number on the simulate path
_PACKAGES = ("networkx", "numpy", "pydantic", "pyyaml", "scipy", "simpy")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest_text(
    command: Sequence[str],
    inputs: Iterable[Path],
    outputs: Iterable[Path],
    seeds: Sequence[int],
    options: Mapping[str, object] = _NO_OPTIONS,
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
    options : mapping of str to object
        What was asked besides the inputs, by name, defaults included.
    """
    content = {
        **environment(),
        "python": platform.python_version(),
        "command": list(command),
        "options": dict(options),
        "training_seeds": sorted(seeds),
        "inputs_sha256": {path.as_posix(): file_sha256(path) for path in sorted(inputs)},
        "outputs_sha256": {path.name: file_sha256(path) for path in sorted(outputs)},
    }
    return json.dumps(content, indent=2) + "\n"


def environment() -> dict[str, Any]:
    """Return what can move a number beside the inputs: versions and plug-ins."""
    return {
        "lowbit_sim": __version__,
        "packages": {name: version(name) for name in _PACKAGES},
        "plug_ins": {name: point.value for name, point in registered("lowbit_sim.pe").items()},
    }


def read_manifest(path: Path) -> dict[str, Any]:
    """Return what the manifest at `path` holds.

    Raises
    ------
    SpecError
        If it is missing or no manifest.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise spec_error("no such file: 'lowbit-sim run … --csv' writes it", path) from None
    except OSError as error:
        raise spec_error(f"cannot be read: {error.strerror or error}", path) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise spec_error(f"is damaged: no JSON ({error})", path) from None
    if not isinstance(content, dict):
        raise spec_error("is damaged: must hold an object", path)
    for key in _HASHES:
        hashes = content.get(key)
        if not isinstance(hashes, dict) or not all(isinstance(h, str) for h in hashes.values()):
            raise spec_error("is damaged: must map files to their hashes", path, key=key)
    for name in content["outputs_sha256"]:
        if Path(name).name != name:
            reason = "is damaged: an output lies beside the manifest"
            raise spec_error(reason, path, key="outputs_sha256", value=name)
    return content
