"""Workloads as files: ``graph.json``, one operator or edge a line, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lowbit_sim.atomic import write_atomically
from lowbit_sim.errors import Fault, SpecError, spec_error
from lowbit_sim.workload.graph import Edge, Workload
from lowbit_sim.workload.op import Op
from lowbit_sim.workload.plain import plain

SCHEMA_VERSION = 1

Provenance = Mapping[str, str | int]


class _GraphFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    schema_version: Literal[1]
    name: str
    weight_format: str
    content_hash: str
    provenance: dict[str, str | int]
    ops: tuple[Op, ...]
    edges: tuple[Edge, ...]


def write_graph(path: Path, workload: Workload, provenance: Provenance) -> None:
    """Write `workload` to `path`, whole or not at all.

    Parameters
    ----------
    path : Path
        A ``….graph.json`` file; equal workloads give equal bytes.
    workload : Workload
        What to write.
    provenance : mapping of str to str or int
        Where it comes from, as the hash of the checkpoint. No part of the content hash.

    Raises
    ------
    SpecError
        If `path` cannot be written.
    """
    head = {
        "schema_version": SCHEMA_VERSION,
        "name": workload.name,
        "weight_format": workload.weight_format,
        "content_hash": workload.content_hash,
        "provenance": dict(sorted(provenance.items())),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(entry)}," for key, entry in head.items()]
    lines += ['"ops": [', *_one_a_line(workload.ops), "],"]
    lines += ['"edges": [', *_one_a_line(workload.edges), "]"]
    write_atomically(path, "\n".join(["{", *lines, "}", ""]))


def read_graph(path: Path) -> Workload:
    """Return the workload written in `path`.

    Raises
    ------
    SpecError
        If the file is missing, is no JSON or of another schema, or holds anything but a valid
        workload with its own content hash; every faulty operator is named at once.
    """
    held = _read(path)
    try:
        workload = Workload(held.name, held.weight_format, held.ops, held.edges)
    except ValueError as error:
        raise spec_error(str(error), path) from None
    if workload.content_hash != held.content_hash:
        raise spec_error(
            "does not match the content; was the file edited?", path, key="content_hash"
        )
    return workload


def read_provenance(path: Path) -> dict[str, str | int]:
    """Return where the workload in `path` comes from.

    Raises
    ------
    SpecError
        As `read_graph`.
    """
    return _read(path).provenance


def _one_a_line(entries: Iterable[Op | Edge]) -> list[str]:
    rows = [json.dumps(plain(entry), separators=(",", ":")) for entry in entries]
    return [f"{row}," for row in rows[:-1]] + rows[-1:]


def _read(path: Path) -> _GraphFile:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise spec_error("no such file", path) from None
    except OSError as error:
        raise spec_error(f"cannot be read: {error.strerror}", path) from error
    try:
        content = json.loads(raw)
    except json.JSONDecodeError as error:
        raise spec_error(f"is no JSON: {error.msg}", path, error.lineno) from None
    except UnicodeDecodeError:
        raise spec_error("is no JSON: not UTF-8", path) from None
    if not isinstance(content, dict) or content.get("schema_version") != SCHEMA_VERSION:
        raise spec_error(f"is no workload file with schema_version {SCHEMA_VERSION}", path)
    try:
        return _GraphFile.model_validate_json(raw)
    except ValidationError as error:
        raise SpecError(tuple(_fault(path, dict(detail)) for detail in error.errors())) from None


def _fault(path: Path, detail: dict[str, Any]) -> Fault:
    reason = str(detail["msg"]).removeprefix("Value error, ")
    key = ".".join(str(part) for part in detail["loc"]) or None
    return Fault(reason[:1].lower() + reason[1:], path, key=key)
