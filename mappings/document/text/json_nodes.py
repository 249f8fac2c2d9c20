"""JSON text to nodes, with places. The same tree as YAML gives; numbers stay exact."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import decoder

from mappings.document.text.nodes import LARGEST_COUNT, LARGEST_DEPTH, Node, UnreadableError, too_large
from mappings.document.text.places import TextPlace
from mappings.document.text.yaml_nodes import scalar

_BLANK = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[a-z]+")
_WORDS: dict[str, object] = {"null": None, "true": True, "false": False}


def json_node(text: str) -> Node:
    """The one value of a JSON text; raises UnreadableError at the first character that cannot be JSON."""
    reader = _Reader(text)
    node = reader.value(0)
    reader.skip()
    if reader.at < len(text):
        raise reader.refusal("the text goes on after its end")
    return node


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    count: int = 0
    line: int = 1
    line_start: int = 0
    line_known: int = 0

    def skip(self) -> str:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def place(self) -> tuple[int, int]:
        """Line and column of the current character; counts on from the last one asked for."""
        self.line += self.text.count("\n", self.line_known, self.at)
        newline = self.text.rfind("\n", self.line_known, self.at)
        self.line_start = newline + 1 if newline >= 0 else self.line_start
        self.line_known = max(self.line_known, self.at)
        return self.line, self.at - self.line_start + 1

    def refusal(self, message: str) -> UnreadableError:
        line, column = self.place()
        remedy = "check commas, quotes and brackets on this line and the one above"
        return UnreadableError(
            code="syntax",
            message=f"JSON cannot be read here: {message}",
            line=line,
            column=column,
            remedy=remedy,
        )

    def value(self, depth: int) -> Node:
        first = self.skip()
        line, column = self.place()
        self.count += 1
        if self.count > LARGEST_COUNT or depth > LARGEST_DEPTH:
            raise too_large(TextPlace(line, column))
        if first == "{":
            return Node("mapping", TextPlace(line, column), entries=list(self.entries(depth)))
        if first == "[":
            return Node("list", TextPlace(line, column), items=list(self.items(depth)))
        if first == '"':
            spot = self.string()
            return Node("scalar", spot, spot.value)
        return self.word()

    def word(self) -> Node:
        found = _WORD.match(self.text, self.at)
        line, column = self.place()
        if found is None or (found[0].isalpha() and found[0] not in _WORDS):
            raise self.refusal(
                "a value was expected" if self.at < len(self.text) else "the text ends too early"
            )
        self.at = found.end()
        word = found[0]
        value = _WORDS[word] if word in _WORDS else scalar(word)
        return Node("scalar", TextPlace(line, column, word, word), value)

    def string(self) -> TextPlace:
        line, column = self.place()
        start = self.at
        try:
            value, self.at = decoder.scanstring(self.text, start + 1, True)  # type: ignore[attr-defined]
        except json.JSONDecodeError as error:
            self.at = error.pos
            raise self.refusal(error.msg[:1].lower() + error.msg[1:]) from None
        return TextPlace(line=line, column=column, value=value, raw=self.text[start : self.at], style='"')

    def items(self, depth: int) -> Iterator[Node]:
        for _ in self.inside("]"):
            yield self.value(depth + 1)

    def entries(self, depth: int) -> Iterator[tuple[str, TextPlace, Node]]:
        for _ in self.inside("}"):
            if self.skip() != '"':
                raise self.refusal("a key in double quotes was expected")
            key = self.string()
            self.expect(":")
            yield key.value, key, self.value(depth + 1)

    def inside(self, end: str) -> Iterator[None]:
        """Yields once before each element, from the opening bracket to behind the closing one."""
        self.at += 1
        if self.skip() == end:
            self.at += 1
            return
        while True:
            yield
            if self.skip() == end:
                self.at += 1
                return
            self.expect(",")

    def expect(self, char: str) -> None:
        if self.skip() != char:
            raise self.refusal(f"`{char}` was expected")
        self.at += 1
