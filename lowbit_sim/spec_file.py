"""YAML files read with the line of every key, so that each fault names its place.

YAML is data here. Tags, anchors, aliases and merge keys are refused, repeated keys are faults,
and plain words are read as in the core schema of YAML 1.2: ``yes`` is a text, ``010`` is no 8
and ``2020-01-01`` no date.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from lowbit_sim.errors import Fault, SpecError, in_file_order, nearest, spec_error

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_TAG = "tag:yaml.org,2002:"
#: type of a plain scalar -> its spelling, and the characters it may begin with
_PLAIN = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?(?:0|[1-9][0-9]{0,17})", list("-+0123456789")),
    "float": (
        (
            r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+"
            r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
        ),
        list("-+.0123456789"),
    ),
}
#: pydantic's error types whose messages speak of Python
_REASONS = {
    "model_type": "must be a mapping of keys to values",
    "dict_type": "must be a mapping of keys to values",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
}
#: longer lists and mappings are not shown
_SHORT_CHARACTERS = 40
#: what is refused before anything is read
_REFUSED: dict[type[yaml.Token], str] = {
    yaml.TagToken: "tags (!) are refused: YAML is data",
    yaml.AnchorToken: "anchors (&) are refused: nothing is inherited",
    yaml.AliasToken: "aliases (*) are refused: write the value out",
}


class _Loader(yaml.SafeLoader):
    """Plain scalars as in the core schema of YAML 1.2, without base 8 and 16."""


_Loader.yaml_implicit_resolvers = {}
for _type, (_spelling, _first) in _PLAIN.items():
    _Loader.add_implicit_resolver(_TAG + _type, re.compile(rf"(?:{_spelling})\Z"), _first)


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A YAML mapping with the line of every key and list entry.

    Parameters
    ----------
    path : Path
        Where it was read from.
    content : dict
        The plain data.
    lines : dict of tuple to int
        Line (from 1) of every key path, as ``("memories", 1, "capacity")``.
    """

    path: Path
    content: dict[str, Any]
    lines: dict[Place, int]

    def fault(self, place: Place, reason: str, value: object = None) -> Fault:
        """Return a fault at `place`, or at its nearest parent that the file holds."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        key = ".".join(str(part) for part in place) or None
        return Fault(reason, self.path, self.lines.get(known, 1), key, value)


def read_spec_file(path: Path) -> SpecFile:
    """Read the YAML mapping at `path`.

    Raises
    ------
    SpecError
        If the file is missing or unreadable, is no YAML, is more than plain data, repeats a
        key, or is no mapping.
    """
    root = _composed(path, _text(path))
    if not isinstance(root, yaml.MappingNode):
        held = {yaml.SequenceNode: "holds a list", yaml.ScalarNode: "holds a single value"}
        reason = f"must hold a mapping of keys to values; it {held.get(type(root), 'is empty')}"
        raise spec_error(reason, path, 1)
    lines: dict[Place, int] = {}
    faults = [Fault(reason, path, line, key) for key, reason, line in _walk(root, (), lines)]
    if faults:
        raise SpecError(tuple(faults))
    return SpecFile(path, _Loader("").construct_document(root), lines)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise spec_error(f"no such file{_neighbours(path)}", path) from None
    except OSError as error:
        raise spec_error(f"cannot be read: {error.strerror or error}", path) from error
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise spec_error(f"is not UTF-8: byte 0x{raw[error.start]:02x}", path, line) from error


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f": there is no directory {path.parent}"
    names = [found.name for found in path.parent.glob(f"*{path.suffix or '.yaml'}")]
    return f"; {nearest(path.name, names)}" if names else ""


def _composed(path: Path, text: str) -> yaml.Node | None:
    """Return the tree of plain data, each node with its line; None for an empty file."""
    try:
        faults = tuple(Fault(reason, path, line) for reason, line in _more_than_data(text))
        if faults:
            raise SpecError(faults)
        return _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise spec_error(_syntax(error), path, mark.line + 1 if mark else None) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise spec_error("is not YAML: a control character", path, line) from error
    except RecursionError:
        raise spec_error("is nested too deeply", path) from None


def _syntax(error: yaml.MarkedYAMLError) -> str:
    since = f" from line {error.context_mark.line + 1}" if error.context_mark else ""
    context = f" ({error.context}{since})" if error.context and error.problem else ""
    return f"is not YAML: {error.problem or error.context}{context}"


def _more_than_data(text: str) -> Iterator[tuple[str, int]]:
    """Yield the reason and the line of every tag, anchor, alias and merge key."""
    for token in yaml.scan(text, Loader=_Loader):
        line = token.start_mark.line + 1
        if type(token) in _REFUSED:
            yield _REFUSED[type(token)], line
        if isinstance(token, yaml.ScalarToken) and token.plain and token.value == "<<":
            yield "merge keys (<<) are refused: write the keys out", line


def _walk(node: yaml.Node, place: Place, lines: dict[Place, int]) -> Iterator[tuple[str, str, int]]:
    """Fill `lines`; yield key, reason and line of every key that is no text or stands twice."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, entry in enumerate(node.value):
            yield from _walk(entry, (*place, index), lines)
    if isinstance(node, yaml.MappingNode):
        for key, entry in node.value:
            line = key.start_mark.line + 1
            if key.tag != f"{_TAG}str":
                owner = ".".join(str(part) for part in place)
                yield owner, "a key must be a text: put it in quotes", line
                continue
            here = (*place, key.value)
            if here in lines:
                dotted = ".".join(str(part) for part in here)
                yield dotted, f"this key stands here twice, first in line {lines[here]}", line
                continue
            lines[here] = line
            yield from _walk(entry, here, lines)


def validate(spec: SpecFile, model: type[Model]) -> Model:
    """Return the file's content as `model`.

    Raises
    ------
    SpecError
        With every fault at once, each at its line, in the order of the file.
    """
    try:
        return model.model_validate(spec.content)
    except ValidationError as error:
        faults = [_fault(spec, model, dict(detail)) for detail in error.errors()]
        raise SpecError(in_file_order(faults)) from None


def _fault(spec: SpecFile, model: type[BaseModel], detail: dict[str, Any]) -> Fault:
    """Return what pydantic found, placed by the keys that are in the file or should be."""
    place: Place = ()
    for part in detail["loc"]:
        if (*place, part) in spec.lines or part in _keys_at(model, place):
            place = (*place, part)  # anything else names a branch of a union
    if detail["type"] == "extra_forbidden":
        allowed = _keys_at(model, place[:-1])
        return spec.fault(place, f"unknown key; {nearest(str(place[-1]), allowed)}")
    return fault_of(spec, place, detail)


def fault_of(spec: SpecFile, place: Place, detail: Mapping[str, Any]) -> Fault:
    """Return what pydantic found at `place`, in our words.

    Parameters
    ----------
    spec : SpecFile
    place : tuple
        Path of the key.
    detail : mapping
        One of ``ValidationError.errors()``.
    """
    kind, value = str(detail["type"]), detail["input"]
    if kind in {"missing", "union_tag_not_found"}:
        key = (_tag_key(detail),) if kind.startswith("union") else ()
        return spec.fault((*place, *key), "is missing")
    if kind == "union_tag_invalid":
        choices = re.findall("'(.*?)'", detail["ctx"]["expected_tags"])
        reason = f"is not known; {nearest(detail['ctx']['tag'], choices)}"
        return spec.fault((*place, _tag_key(detail)), reason, detail["ctx"]["tag"])
    told = str(detail["msg"]).removeprefix("Value error, ")
    reason = _REASONS.get(kind, told[:1].lower() + told[1:])
    if kind.endswith("too_short") and detail["ctx"]["min_length"] == 1:
        reason = "must not be empty"
    if reason.startswith("input should be "):
        reason = f"must be {reason.removeprefix('input should be ')}"
    if kind == "literal_error":
        hint, found, _ = nearest(str(value), re.findall("'(.*?)'", reason)).partition("? ")
        reason += f"; {hint}?" if found else ""
    if value is None and place in spec.lines:
        reason += "; it is empty"
    is_long = isinstance(value, dict | list) and len(repr(value)) > _SHORT_CHARACTERS
    return spec.fault(place, reason, None if is_long else value)


def _tag_key(detail: Mapping[str, Any]) -> str:
    """Return the key by which pydantic tells the branches of a union apart."""
    return str(detail["ctx"]["discriminator"]).strip("'")


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """Return the keys allowed in the mapping at `place` of `model`."""
    fields = _fields(model)
    for part in place:
        if part not in fields:  # an entry of a list, or of a mapping of any keys
            continue
        inner = _inner_model(fields[str(part)].annotation)
        if inner is None:
            break
        fields = _fields(inner)
    return list(fields)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in typing.get_args(annotation):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
