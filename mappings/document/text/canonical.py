"""Document to text and back: the canonical YAML and JSON of a document, its revision, and what differs between two."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from mappings.document.schema import Document
from mappings.document.text.places import Path, path_text
from mappings.document.text.yaml_nodes import scalar

REVISION_LENGTH = 16
KEPT = ("round",)
"""Keys whose default depends on what else is written: said once, they are kept."""


def export(document: Document) -> str:
    """The document as canonical YAML: keys in the order of the schema, without what was not written. Reading it gives the document."""
    return _yaml(plain(document))


def list_text(key: str, parts: Iterable[BaseModel]) -> str:
    """Parts as they stand under a key of a document."""
    return _yaml({key: [plain(part) for part in parts]})


def _yaml(value: object) -> str:
    writer = YAML(typ="rt", pure=True)
    writer.width = 110
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    writer.dump(_quoted(value), stream)
    return stream.getvalue()


def to_json(document: Document) -> str:
    """The same as JSON."""
    return json.dumps(plain(document), ensure_ascii=False, indent=2) + "\n"


def revision(document: Document) -> str:
    """Names exactly this document: equal documents have equal revisions."""
    text = json.dumps(plain(document), ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:REVISION_LENGTH]


def plain(value: object) -> Any:
    """Dicts, lists, texts and numbers of a document or a part of it; what equals its default is left out."""
    if isinstance(value, BaseModel):
        return dict(_members(value))
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return _number(value)
    return value.isoformat() if isinstance(value, date) else value


def _members(part: BaseModel) -> Iterator[tuple[str, object]]:
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        written = name in KEPT and name in part.model_fields_set
        if written or info.is_required() or value != info.default:
            yield info.alias or name, plain(value)


def _number(value: Decimal) -> int | float | str:
    """A JSON number that says exactly the same; a text where a JSON number would lose digits."""
    if value == value.to_integral_value() and abs(value.adjusted()) < 40:
        return int(value)
    nearest = float(value)
    return nearest if Decimal(repr(nearest)) == value else str(value.normalize())


def _quoted(value: object) -> object:
    """Quotes every text and key that would read as something else without quotes."""
    if isinstance(value, dict):
        return {_text(key): _quoted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_quoted(inner) for inner in value]
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    plain_date = len(text) == 10 and text[4:5] == "-" and text[7:8] == "-"
    return text if isinstance(scalar(text), str) and not plain_date else DoubleQuotedScalarString(text)


class ChangeKind(StrEnum):
    """What became of one place of a document."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One difference. Parts with an id are matched by it: `objectives[epics].cycle`; texts are as the document writes them."""

    kind: ChangeKind
    path: str
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        if self.kind is ChangeKind.CHANGED:
            return f"{self.path}: {self.before} → {self.after}"
        return f"{self.path}: {self.kind} {self.after if self.kind is ChangeKind.ADDED else self.before}"


def diff(before: Document, after: Document) -> tuple[DocumentChange, ...]:
    """What differs, by path; empty for equal documents."""
    return tuple(_differences(plain(before), plain(after), ()))


def _differences(before: object, after: object, path: Path) -> Iterator[DocumentChange]:
    if before == after and type(before) is type(after):
        return
    left, right = _by_name(before), _by_name(after)
    if left is None or right is None:
        yield DocumentChange(ChangeKind.CHANGED, path_text(path), _short(before), _short(after))
        return
    for key in [*left, *(key for key in right if key not in left)]:
        yield from _difference(left, right, key, path)
    if list(left) != list(right) and set(left) == set(right) and isinstance(before, list):
        yield DocumentChange(
            ChangeKind.CHANGED, f"{path_text(path)} (order)", ", ".join(left), ", ".join(right)
        )


def _difference(
    left: dict[str, object], right: dict[str, object], key: str, path: Path
) -> Iterator[DocumentChange]:
    place = path_text((*path, key)) if not key.startswith("[") else path_text(path) + key
    if key not in right:
        yield DocumentChange(ChangeKind.REMOVED, place, before=_short(left[key]))
    elif key not in left:
        yield DocumentChange(ChangeKind.ADDED, place, after=_short(right[key]))
    else:
        yield from _differences(left[key], right[key], (place,))


def _by_name(value: object) -> dict[str, object] | None:
    """Members of a mapping by key and of a list by id, else by index; None for anything without members."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return None
    ids = [item.get("id") if isinstance(item, dict) else None for item in value]
    named = None not in ids and len(set(ids)) == len(ids)
    return {f"[{ids[index] if named else index}]": item for index, item in enumerate(value)}


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
