"""A read model as somebody sees it who may not see some of its issues. Pure: what is hidden is an argument.

Numbers stay as they are, so that everybody has the same. What would give a hidden issue away goes: its key, its title, its people, its
status, in columns of its own and in the middle of sentences. A value of a kind that nobody has thought of here is refused, not shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath

import msgspec

KEY = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{1,99}-[1-9][0-9]{0,17}(?![A-Za-z0-9_])")
WORD = re.compile(r"[^\W_]+")
ID = re.compile(r"[1-9][0-9]{0,17}")
TITLE, ISSUE, OBJECTIVE = "An issue you may not see", "an issue you may not see", "Restricted objective"
REPEATED = re.compile(rf"{ISSUE}(?:[ :,“”]+{ISSUE})+")
"""Key and title side by side are one issue."""
MARK = "hidden-"
"""How the id of a row begins whose issue is hidden."""
ATOMS = (
    bool,
    int,
    float,
    Fraction,
    Decimal,
    date,
    datetime,
    time,
    timedelta,
    tzinfo,
    Enum,
    PurePath,
    type(None),
)
SUBJECTS = ("issue_id", "id", "key", "issue", "issue_key", "objective_id")
"""The fields by which a value says of which issue it is, the one that decides first."""
PEOPLE = ("owner", "assignee", "reporter", "person", "account")
WORDS = ("title", "summary")


class NotCut(Exception):  # noqa: N818
    """A value holds something that nobody knows how to cut: it is shown to nobody."""


@dataclass(frozen=True, slots=True)
class HiddenIssues:
    """Issues that somebody may not see. `titles` are theirs by id, `ids` say by key (present and former) which it is.

    `rows` makes the opaque id that stands for an issue: always the same one for it.
    """

    titles: Mapping[str, str]
    ids: Mapping[str, str]
    rows: Callable[[str], str]

    def named(self, name: object) -> str | None:
        """The hidden issue that this id or key means; None where it means none."""
        if not isinstance(name, str):
            return None
        return name if name in self.titles else self.ids.get(name)


@dataclass(frozen=True, slots=True)
class Names:
    """The ids and keys that stand in a value: what may be an issue."""

    ids: frozenset[str]
    keys: frozenset[str]


def names_in(value: object, others: frozenset[str] = frozenset()) -> Names:
    """Everything in a value that may be the id or the key of an issue, but for what says that it is of one of the `others` sites."""
    ids: set[str] = set()
    keys: set[str] = set()
    for text in _texts(value, others):
        if ID.fullmatch(text):
            ids.add(text)
        else:
            keys.update(KEY.findall(text))
    return Names(frozenset(ids), frozenset(keys))


class Cut:
    """Cuts values to somebody from whom these issues are hidden; those of the kinds `whole` are theirs to see as they are, those of the kinds `never` are nobody's.

    `others` are sites whose issues these are not, though their ids may be the same numbers.
    """

    def __init__(
        self,
        hidden: HiddenIssues,
        whole: tuple[type, ...] = (),
        never: tuple[type, ...] = (),
        others: frozenset[str] = frozenset(),
    ) -> None:
        self._hidden = hidden
        self._others = others
        self._never = never
        self._whole = whole
        strange = (key for key in hidden.ids if not KEY.fullmatch(key))
        self._titles = _Phrases({*strange, *(title for title in hidden.titles.values() if title.strip())})

    def text(self, text: str) -> str:
        """A sentence without the hidden issues that it names."""
        bare = KEY.sub(self._key, self._titles.replaced(text, ISSUE))
        if bare == text:
            return text
        said = REPEATED.sub(ISSUE, bare)
        return said[0].upper() + said[1:] if said.startswith(ISSUE) else said

    def _key(self, found: re.Match[str]) -> str:
        return ISSUE if found[0] in self._hidden.ids else found[0]

    def value(self, value: object) -> object:
        """A value, as they see it. Raises NotCut."""
        if type(value) is str:
            return self.text(value)
        if isinstance(value, self._never):
            raise NotCut(f"nobody can say who may see a {type(value).__name__}")
        if isinstance(value, (*ATOMS, *self._whole, str)) or value == b"":
            return value
        if _is_of(value, self._others):
            return value
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            made: Callable[..., object] = type(value)
            return made(*[self.value(part) for part in value])
        if isinstance(value, tuple | list | set | frozenset):
            return type(value)(map(self.value, value))
        if isinstance(value, msgspec.Struct):
            return self._record(value, value.__struct_fields__, msgspec.structs.replace)
        if is_dataclass(value) and not isinstance(value, type):
            return self._record(value, [one.name for one in fields(value) if one.init], replace)
        raise NotCut(f"nobody knows how to cut {type(value).__name__}")

    def _mapping(self, value: Mapping[object, object]) -> object:
        made = {self._kept_name(name): self.value(part) for name, part in value.items()}
        return type(value)(made) if type(value) is not dict and isinstance(value, dict) else made

    def _kept_name(self, name: object) -> object:
        return self.text(name) if type(name) is str else name

    def _record(self, value: object, names: Iterable[str], made: Callable[..., object]) -> object:
        names = list(names)
        hidden = self._subject(value, names)
        news = {}
        for name in names:
            before = getattr(value, name)
            after = self.value(before) if hidden is None else self._of_hidden(name, before, hidden, names)
            if after is not before and after != before:
                news[name] = after
        return made(value, **news) if news else value

    def _subject(self, value: object, names: list[str]) -> str | None:
        """The hidden issue that a value is about."""
        said = (self._hidden.named(getattr(value, name)) for name in SUBJECTS if name in names)
        return next((one for one in said if one is not None), None)

    def _of_hidden(self, name: str, before: object, hidden: str, names: list[str]) -> object:
        """One field of a value that is about a hidden issue."""
        if name in WORDS:
            return OBJECTIVE if "aligned_to" in names else TITLE
        if name in PEOPLE:
            return None if before is None else "" if isinstance(before, str) else before
        if name == "status" and type(before) is str:
            return ""
        if name == "key" and type(before) is str and ("id" in names or "issue_id" in names):
            return ""
        if name == "id" and "share" in names:
            return self._hidden.rows(hidden)
        return self.value(before)


class _Phrases:
    """Finds thousands of phrases in a text at once: by the first word of each, so that the time it takes does not grow with their number."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = frozenset(phrases)
        self._wordless = sorted((one for one in self._phrases if not WORD.search(one)), key=len, reverse=True)
        begun: dict[str, set[tuple[int, int]]] = {}
        for one in self._phrases:
            if first := WORD.search(one):
                begun.setdefault(first[0], set()).add((len(one), first.start()))
        self._begun = {word: sorted(places, reverse=True) for word, places in begun.items()}

    def replaced(self, text: str, by: str) -> str:
        """The text with `by` in the place of each phrase that stands there in whole words, the longest of those that begin alike."""
        parts, done = list[str](), 0
        for word in WORD.finditer(text) if self._begun else ():
            for length, before in self._begun.get(word[0], ()):
                start = word.start() - before
                end = start + length
                inside = done <= start and end <= len(text)
                if inside and text[start:end] in self._phrases and not _goes_on(text, end):
                    parts += [text[done:start], by]
                    done = end
                    break
        said = "".join([*parts, text[done:]]) if parts else text
        for one in self._wordless:
            said = said.replace(one, by)
        return said


def _goes_on(text: str, end: int) -> bool:
    """Whether the word before this place goes on behind it."""
    return text[end - 1].isalnum() and text[end : end + 1].isalnum()


def _is_of(value: object, sites: frozenset[str]) -> bool:
    """Whether a value says that it is of one of these sites."""
    said = getattr(value, "site", None) if sites else None
    return isinstance(said, str) and said in sites


def _texts(value: object, others: frozenset[str]) -> Iterator[str]:
    if isinstance(value, str):
        if not isinstance(value, Enum):
            yield value
    elif isinstance(value, (*ATOMS, bytes)) or _is_of(value, others):
        return
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(name, others)
            yield from _texts(part, others)
    elif isinstance(value, tuple | list | set | frozenset):
        for part in value:
            yield from _texts(part, others)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name), others)
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            yield from _texts(getattr(value, one.name), others)
    # what is of another kind is refused where it would be shown
