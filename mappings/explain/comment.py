"""Check-ins by comment: what the first line of a comment on a key result says. Refused as a whole, never half-taken.

    line       = marker [":"] { blank item } [ separator note ]        following lines = note, too
    marker     = "okr" | "#okr" | "/okr"                               any case, then a blank, ":" or the end
    item       = value | confidence | until | delta | "clear"          any order, each at most once
    value      = [ "=" ] number [ blank? "%" ]
    confidence = ("conf" | "confidence") [":"|"="] blank? ( 0…10 ["/10"] | level ) | level
    level      = "on" | "at" | "off" [ "track" | "risk" ]              "on track", "at risk", "off-track"
    until      = "until" day                                           2026-12-18
    delta      = "delta" number [ "%" | "points" ]
    separator  = " -- " | " — " | " – " | " - "
    number     = [ "+" | "-" | "−" ] digits [ "." digits ]

After the marker `okr` a number alone, with nothing that says what it is, is prose: "OKR 1 - customer growth".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

from mappings.explain.check_in import DELTA, LONGEST_NOTE, Measure
from mappings.explain.confidence import Confidence, confidence_of

MARKER = re.compile(r"([#/]?)okr(?=[\s:]|$):?", re.IGNORECASE)
SEPARATOR = re.compile(r" (?:--|—|–|-) ")
END = r"(?=\s|$)"
NUMBER = r"[+\-−]?[0-9]{1,15}(?:\.[0-9]{1,15})?"
LEVEL = r"(?:on|at|off)(?:[ -](?:track|risk))?"
SPACES = re.compile(r"[\t\xa0\u202f]")
LONGEST_WORD = 40


@dataclass(frozen=True, slots=True)
class Remark:
    """What a comment says, before it is known of which kind of key result. `percent`: its number has a `%`."""

    value: Fraction | None = None
    percent: bool = False
    confidence: Confidence | None = None
    until: date | None = None
    delta: Fraction | None = None
    clear: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class CommentFault:
    """Why a comment is refused, and at which character of its line (from 1; 0: none in particular)."""

    said: str
    place: int = 0

    @property
    def sentence(self) -> str:
        """The fault with its place."""
        return f"{self.said} (at character {self.place})" if self.place else self.said


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a remark says of one key result, ready to be kept."""

    value: Fraction | None
    until: date | None
    delta: Fraction | None


def read_remark(lines: Sequence[str]) -> Remark | CommentFault | None:
    """What the lines of a comment say; None where they are not ours."""
    at = next((index for index, line in enumerate(lines) if line.strip()), None)
    if at is None:
        return None
    line = SPACES.sub(" ", lines[at].strip())
    marker = MARKER.match(line)
    if marker is None:
        return None
    rest = line[marker.end() :]
    parted = SEPARATOR.search(f"{rest} ")
    head = rest[: parted.start()] if parted else rest
    told = rest[parted.end() :] if parted else ""
    note = "\n".join([told.strip(), *lines[at + 1 :]]).strip()
    reading = _Reading(head, marker.end())
    fault = reading.run() or reading.contradiction()
    if fault is not None:
        return fault
    if _is_prose(reading, named=bool(marker[1])) or not (reading.found or note):
        return None
    return replace(reading.said, note=note[:LONGEST_NOTE])


def meant(
    remark: Remark, measure: Measure, unit: str | None, day: date, last: date | None, stale_days: int
) -> Meaning | CommentFault:
    """What it says of a key result that is checked in by this measure, in this unit, on this day.

    `last` is the last day of its cycle, where it has one; without a bound of its own a value holds until the derived one has moved
    by ten points, or for `stale_days`, not beyond that day.
    """
    if remark.value is None:
        return Meaning(None, None, None)
    value = remark.value
    if measure is Measure.PROGRESS:
        if not 0 <= value <= 100:
            return CommentFault("progress is 0 to 100 %")
        value /= 100
    elif remark.percent and unit != "percent":
        return CommentFault("the current value is no per cent here: write the figure alone")
    if remark.until is not None and remark.until < day:
        return CommentFault(f"{remark.until} has passed: name the day of the comment or a later one")
    if remark.until is not None or remark.delta is not None:
        return Meaning(value, remark.until, remark.delta)
    until = day + timedelta(days=stale_days)
    return Meaning(value, until if last is None else min(until, max(last, day)), DELTA)


Take = Callable[[Remark, "re.Match[str]"], "Remark | str"]
"""The remark with what an item says, or what is wrong with it."""


def _value(remark: Remark, found: re.Match[str]) -> Remark | str:
    return replace(remark, value=_number(found["number"]), percent=found["percent"] is not None)


def _clear(remark: Remark, _found: re.Match[str]) -> Remark | str:
    return replace(remark, clear=True)


def _until(remark: Remark, found: re.Match[str]) -> Remark | str:
    try:
        return replace(remark, until=date.fromisoformat(found["day"]))
    except ValueError:
        return f"“{found['day']}” is no day: write one such as 2026-12-18"


def _delta(remark: Remark, found: re.Match[str]) -> Remark | str:
    points = _number(found["number"])
    if not 0 <= points <= 100:
        return "the derived value may move by 0 to 100 points"
    return replace(remark, delta=points / 100)


def _confidence(remark: Remark, found: re.Match[str]) -> Remark | str:
    told = confidence_of(found["told"])
    if told is None:
        return f"“{found['told']}” is no confidence: write 0 to 10, or one of: on track, at risk, off track"
    return replace(remark, confidence=told)


def _number(text: str) -> Fraction:
    return Fraction(text.replace("−", "-"))


def _item(name: str, pattern: str, take: Take) -> tuple[str, re.Pattern[str], Take]:
    return name, re.compile(f"{pattern}{END}", re.IGNORECASE | re.ASCII), take


ITEMS = (
    _item("clear", "clear", _clear),
    _item("until", "until +(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})", _until),
    _item("delta", f"delta +(?P<number>{NUMBER})(?: ?(?:%|points?))?", _delta),
    _item(
        "confidence",
        f"conf(?:idence)?(?: *[:=] *| +|(?=[0-9]))(?P<told>{LEVEL}(?= |$)|[0-9]+ ?/ ?10(?= |$)|[^ ]+)",
        _confidence,
    ),
    _item("confidence", f"(?P<told>{LEVEL})", _confidence),
    _item("value", f"(?P<equals>=? *)(?P<number>{NUMBER})(?P<percent> ?%)?", _value),
)


@dataclass(slots=True)
class _Reading:
    """The items of a line, one after the other."""

    head: str
    offset: int
    found: dict[str, re.Match[str]] = field(default_factory=dict)
    said: Remark = Remark()

    def run(self) -> CommentFault | None:
        at = 0
        while at < len(self.head):
            if self.head[at] == " ":
                at += 1
                continue
            fault, at = self._item(at)
            if fault is not None:
                return fault
        return None

    def _item(self, at: int) -> tuple[CommentFault | None, int]:
        place = self.offset + at + 1
        for name, pattern, take in ITEMS:
            match = pattern.match(self.head, at)
            if match is None:
                continue
            if name in self.found:
                return CommentFault(f"{name} is said twice", place), at
            taken = take(self.said, match)
            if isinstance(taken, str):
                return CommentFault(taken, place), at
            self.found[name] = match
            self.said = taken
            return None, match.end()
        return CommentFault(_unread(self.head[at:].split(" ", 1)[0]), place), at

    def contradiction(self) -> CommentFault | None:
        """What is wrong with the items together."""
        if "clear" in self.found and len(self.found) > 1:
            return CommentFault("clear stands alone: it takes back what was said")
        bound = next((name for name in ("until", "delta") if name in self.found), None)
        if bound is not None and "value" not in self.found:
            return CommentFault(f"{bound} bounds a value, and none is said")
        return None


def _is_prose(reading: _Reading, *, named: bool) -> bool:
    """A number alone after `okr`: that may be the first of several objectives as well."""
    if named or list(reading.found) != ["value"]:
        return False
    value = reading.found["value"]
    return not value["equals"] and value["percent"] is None


def _unread(word: str) -> str:
    shown = word if len(word) <= LONGEST_WORD else f"{word[:LONGEST_WORD]}…"
    if re.match(r"[=+\-−]*[0-9]", word, re.ASCII):
        return f"“{shown}” is no number here: write one such as 47.5, with a point and without separators or units"
    if word.casefold() in ("until", "delta", "conf", "confidence"):
        missing = {"until": "a day such as 2026-12-18", "delta": "a number of points such as 10"}
        return f"after {word.casefold()} {missing.get(word.casefold(), '0 to 10 or a level')} is wanted"
    return f"“{shown}” is not understood: write a value, conf 0–10, until a day, delta points, or a note after “ - ”"


def plain_lines(text: str) -> tuple[str, ...]:
    """The lines of a comment in Jira's wiki markup that stand at its top: no quotes, code, panels, tables, lists or headings."""
    found: list[str] = []
    block: str | None = None
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        stripped = line.strip()
        opened = BLOCK.match(stripped)
        if block is not None:
            if f"{{{block}}}" in stripped:
                block = None
            continue
        if opened is not None:
            closing = f"{{{opened[1]}}}"
            if closing not in stripped[opened.end() :]:
                block = opened[1]
            continue
        if not ELSEWHERE.match(stripped):
            found.append(line)
    return tuple(found)


BLOCK = re.compile(r"\{(quote|code|noformat|panel)(?::[^}]*)?\}")
ELSEWHERE = re.compile(r"(?:bq|h[1-6])\. |\||[*#\-]+ ")


def document_lines(document: Mapping[str, object]) -> tuple[str, ...]:
    """The lines of the top-level paragraphs of an Atlassian document."""
    return tuple(
        line
        for block in _content(document)
        if block.get("type") == "paragraph"
        for line in "".join(_inline(block)).split("\n")
    )


def _content(node: Mapping[str, object]) -> Iterable[Mapping[str, object]]:
    content = node.get("content")
    return (one for one in content if isinstance(one, dict)) if isinstance(content, list) else ()


def _inline(block: Mapping[str, object]) -> Iterable[str]:
    for one in _content(block):
        attributes = one.get("attrs")
        told = attributes.get("text") if isinstance(attributes, dict) else None
        if one.get("type") == "hardBreak":
            yield "\n"
        else:
            yield next((said for said in (one.get("text"), told) if isinstance(said, str)), "")
