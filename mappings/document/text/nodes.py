"""The plain tree of a text: mappings, lists and scalars with their places. Knows neither YAML nor JSON nor what a mapping means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mappings.document.text.places import Path, Positions, TextPlace

LARGEST_TEXT = 512 * 1024
LARGEST_DEPTH = 32
LARGEST_COUNT = 50_000


@dataclass(slots=True)
class Node:
    """One value. `kind` is `mapping`, `list` or `scalar`; entries of a mapping keep order and repeated keys."""

    kind: str
    spot: TextPlace
    scalar: object = None
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[str, TextPlace, Node]] = field(default_factory=list)


@dataclass(eq=False)
class UnreadableError(Exception):
    """The text is no tree at all: why, where and what to do."""

    code: str
    message: str
    line: int
    column: int
    remedy: str = ""


@dataclass(slots=True)
class Tree:
    """What a node comes to: plain values, where each stands, and the keys that were written twice."""

    plain: object
    positions: Positions
    repeated: list[Path]


def plain_tree(root: Node, file: str = "") -> Tree:
    """Plain dicts, lists and scalars of a node; a value that aliases repeat too often is refused."""
    values: dict[Path, TextPlace] = {}
    keys: dict[Path, TextPlace] = {}
    repeated: list[Path] = []
    plain = _Walk(values, keys, repeated).value(root, ())
    return Tree(plain, Positions(file, values, keys), repeated)


@dataclass(slots=True)
class _Walk:
    values: dict[Path, TextPlace]
    keys: dict[Path, TextPlace]
    repeated: list[Path]
    count: int = 0

    def value(self, node: Node, path: Path) -> object:
        self.count += 1
        if self.count > LARGEST_COUNT or len(path) > LARGEST_DEPTH:
            raise too_large(node.spot)
        self.values[path] = node.spot
        _refuse_half_characters(node.scalar, node.spot)
        if node.kind == "mapping":
            return dict(self.entries(node, path))
        if node.kind == "list":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.items)]
        return node.scalar

    def entries(self, node: Node, path: Path) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        for name, spot, child in node.entries:
            inner = (*path, name)
            _refuse_half_characters(name, spot)
            if name in seen:
                self.repeated.append(inner)
            seen.add(name)
            self.keys[inner] = spot
            yield name, self.value(child, inner)


def _refuse_half_characters(value: object, spot: TextPlace) -> None:
    """Escapes can write halves of a character (surrogates), which no text may hold."""
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise UnreadableError(
            code="syntax",
            message="a character that no text may hold stands here",
            line=spot.line,
            column=spot.column,
            remedy="delete it",
        )


def too_large(spot: TextPlace) -> UnreadableError:
    """The refusal of a document that is deeper or longer than any mapping has reason to be."""
    message = (
        f"the document is nested deeper than {LARGEST_DEPTH} levels or holds more than {LARGEST_COUNT} values"
    )
    return UnreadableError(
        code="document-too-large",
        message=message,
        line=spot.line,
        column=spot.column,
        remedy="split it into several mappings",
    )
