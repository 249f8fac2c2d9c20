"""YAML text to nodes. Scalars follow the YAML 1.2 core rules (`on` and `yes` are words); dates stay text; numbers stay exact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from mappings.document.text.nodes import LARGEST_COUNT, LARGEST_DEPTH, Node, UnreadableError, too_large
from mappings.document.text.places import TextPlace

_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def yaml_node(text: str) -> Node:
    """The one document of a YAML text; raises UnreadableError where it is none, too large, or uses tags."""
    try:
        return _Composer(text).document()
    except MarkedYAMLError as error:
        raise _syntax(text, error) from None
    except ReaderError as error:
        raise _character(text, error) from None
    except (YAMLError, ValueError, RecursionError, IndexError, AssertionError, AttributeError) as error:
        raise UnreadableError("syntax", f"this is not YAML: {_first_line(error)}", 1, 1) from None


def scalar(text: str) -> object:
    """The value of an unquoted YAML scalar: null, a boolean, an exact number, or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return int(text)
    if _NUMBER.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        return Decimal(text)
    return text


@dataclass(slots=True)
class _Composer:
    text: str
    anchors: dict[str, Node] = field(default_factory=dict)
    count: int = 0

    def document(self) -> Node:
        parser = YAML(typ="safe", pure=True)
        events: Iterator[Any] = iter(parser.parse(self.text))
        root: Node | None = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root is not None:
                line, column = event.start_mark.line + 1, event.start_mark.column + 1
                raise UnreadableError(
                    code="several-documents",
                    message="the text holds more than one document",
                    line=line,
                    column=column,
                    remedy="keep one; remove `---`",
                )
            if kind.startswith(("Document", "Stream")):
                continue
            root = self.node(event, events, 0)
        return root or Node("scalar", TextPlace(1, 1))

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        spot = _spot(self.text, event)
        self.count += 1
        if self.count > LARGEST_COUNT or depth > LARGEST_DEPTH:
            raise too_large(spot)
        if type(event).__name__ == "AliasEvent":
            return self.alias(event, spot)
        _refuse_tag(event, spot)
        node = self.filled(event, events, depth, spot)
        if event.anchor:
            self.anchors[str(event.anchor)] = node
        return node

    def filled(self, event: Any, events: Iterator[Any], depth: int, spot: TextPlace) -> Node:
        kind = type(event).__name__
        if kind == "ScalarEvent":
            return Node("scalar", spot, event.value if event.style else scalar(event.value))
        if kind == "SequenceStartEvent":
            return Node("list", spot, items=list(self.items(events, depth)))
        return Node("mapping", spot, entries=list(self.entries(events, depth)))

    def items(self, events: Iterator[Any], depth: int) -> Iterator[Node]:
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                return
            yield self.node(event, events, depth + 1)

    def entries(self, events: Iterator[Any], depth: int) -> Iterator[tuple[str, TextPlace, Node]]:
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                return
            key = self.node(event, events, depth + 1)
            if key.kind != "scalar":
                raise UnreadableError(
                    "syntax", "a key has to be one word or text", key.spot.line, key.spot.column
                )
            yield key.spot.value, key.spot, self.node(next(events), events, depth + 1)

    def alias(self, event: Any, spot: TextPlace) -> Node:
        found = self.anchors.get(str(event.anchor))
        if found is not None:
            return found
        message = f"`*{event.anchor}` repeats something that is not written above it"
        raise UnreadableError(
            code="syntax",
            message=message,
            line=spot.line,
            column=spot.column,
            remedy=f"write `&{event.anchor}` before it is used",
        )


def _spot(text: str, event: Any) -> TextPlace:
    start, end = event.start_mark, event.end_mark
    value = str(getattr(event, "value", "") or "")
    raw = text[start.index : end.index] if value else ""
    style = str(getattr(event, "style", "") or "")
    return TextPlace(
        line=start.line + 1,
        column=start.column + 1,
        value=value,
        raw=_without_anchor(raw, style),
        style=style,
    )


def _without_anchor(raw: str, style: str) -> str:
    """Blanks out an anchor in front of a scalar, so that columns still count from its start."""
    found = re.match(r"&\S+\s+", raw)
    return " " * found.end() + raw[found.end() :] if found and not style else raw


def _refuse_tag(event: Any, spot: TextPlace) -> None:
    tag = str(event.tag) if getattr(event, "tag", None) else ""
    if tag and tag != "!":
        message = f"the YAML tag `{tag}` is not allowed here"
        raise UnreadableError(
            code="yaml-tag",
            message=message,
            line=spot.line,
            column=spot.column,
            remedy="remove the tag and write the plain value",
        )


def _syntax(text: str, error: MarkedYAMLError) -> UnreadableError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    problem = str(error.problem or error.context or "this is not YAML")
    if "'\\t'" in problem:
        return UnreadableError(
            code="tab",
            message="a tab stands where YAML wants spaces",
            line=line,
            column=column,
            remedy="indent with spaces",
        )
    misplaced = _misplaced(text.splitlines(), line, column - 1, problem)
    if misplaced is not None:
        message, remedy = misplaced
        return UnreadableError(code="syntax", message=message, line=line, column=column, remedy=remedy)
    context = f" ({error.context})" if error.context and error.problem else ""
    return UnreadableError(
        code="syntax",
        message=f"YAML cannot be read here: {problem}{context}",
        line=line,
        column=column,
        remedy=_remedy(problem),
    )


KEY = re.compile(r"[\w-]+:(?: |$)")
FULL = re.compile(r"(?:- +)*[\w-]+:\s+[^\s#|>&*].*")


def _misplaced(lines: list[str], line: int, place: int, problem: str) -> tuple[str, str] | None:
    """Message and remedy where a whole line is too deep or too shallow; None where something else is wrong.

    An entry that ends too early is blamed on the line alone where `place` is its first character: behind it stands a bracket or quote too many.
    """
    written = lines[line - 1].lstrip(" ") if line <= len(lines) else ""
    above = _indents(lines, line)
    if not above or not written:
        return None
    here = len(lines[line - 1]) - len(written)
    ends = "expected <block end>" in problem and place == here
    if ends and here not in dict(above):
        return (
            f"this line is indented by {here}, which fits none of the lines above that it could go on with",
            f"indent it {' or '.join(f'by {indent} as line {number}' for indent, number in above)}",
        )
    indent, number = above[0]
    before = lines[number - 1].lstrip(" ")
    deeper = "mapping values" in problem and here > indent
    if deeper and KEY.match(written) and FULL.match(before) and not _holds(before):
        return (
            f"this line is indented deeper than line {number}, which has its value already",
            f"indent it by {indent} as line {number}; a text that goes on over several lines and holds `: ` stands in quotes",
        )
    dashes = {at for at, one in above if lines[one - 1].startswith(" " * at + "- ")}
    if ends and "found '?'" in problem and here in dashes:
        inner = next(((at, one) for at, one in reversed(above) if at > here), None)
        go_on = f"indent it by {inner[0]} as line {inner[1]}, or " if inner else ""
        return (
            f"this line is indented by {here}, where the entries of a list begin with `- `",
            f"{go_on}begin it with `- ` where it is an entry of its own",
        )
    return None


def _holds(line: str) -> bool:
    """Whether a line leaves a bracket or a quote open."""
    pairs = any(line.count(one) != line.count(other) for one, other in ("{}", "[]"))
    return pairs or line.count('"') % 2 == 1


def _indents(lines: list[str], line: int) -> list[tuple[int, int]]:
    """The indentations of the blocks before a line, the nearest first, each with the line that has it."""
    found: list[tuple[int, int]] = []
    for number in range(line - 1, 0, -1):
        written = lines[number - 1].lstrip(" ")
        if not written or written.startswith("#"):
            continue
        indent = len(lines[number - 1]) - len(written)
        inner = re.match(r"(?:- +)+", written)
        for one in (indent + inner.end(), indent) if inner else (indent,):
            if not found or one < found[-1][0]:
                found.append((one, number))
    return found


def _remedy(problem: str) -> str:
    if "mapping values" in problem:
        return "put a text that holds `: ` in quotes, and check the indentation of this line"
    if "cannot start any token" in problem:
        return "put a text that begins with this character in quotes"
    return "check indentation, quotes and brackets on this line and the one above"


def _character(text: str, error: ReaderError) -> UnreadableError:
    before = text[: int(error.position)] if isinstance(error.position, int) else ""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return UnreadableError(
        code="syntax",
        message="a character that no text may hold stands here",
        line=line,
        column=column,
        remedy="delete it",
    )


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
