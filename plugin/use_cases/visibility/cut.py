"""A read model as somebody sees it who may not see some of its issues. Pure: what is hidden is an argument.

Numbers stay as they are, so that everybody has the same. What would give a hidden issue away goes: its key, its title, its people, its
status, in columns of its own and in the middle of sentences. Where rows are hidden too, those of a ledger are one line, and so are those
of a movement; whatever else tells of one of them alone is left out. A value of a kind that nobody has thought of here is refused, not shown.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath

import msgspec

from connectors.store.visibility.hidden_numbers import HiddenNumbers
from connectors.store.visibility.mentions import Mention
from mappings.explain.movement import Effect
from mappings.rollup.rows.ledger import HIDDEN, Contribution
from mappings.rollup.state import ObjectiveState, counted_in
from plugin.use_cases.visibility.dated_numbers import STEPS, WORDLESS, times_of, times_of_part, times_told_by
from plugin.use_cases.visibility.number_cut import HELD, RESTRICTED, bare, bare_part, objective_in
from plugin.use_cases.visibility.row_sum import WORK, summed_effects, summed_rows

KEY = re.compile(r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9_]{1,99}-[1-9][0-9]{0,17}(?![A-Za-z0-9_])")
ANY_KEY = re.compile(KEY.pattern, re.IGNORECASE)
"""A key as people write it, too: Jira finds `plat-7` as well."""
WORD = re.compile(r"[^\W_]+")
ID = re.compile(r"[1-9][0-9]{0,17}")
TITLE, ISSUE, OBJECTIVE = "An issue you may not see", "an issue you may not see", "Restricted objective"
KEPT_NAMES = 64
"""Of so many times that differ in them the names of objectives without numbers are held at once."""
EPOCH = datetime.fromtimestamp(0, UTC)
NOTHING_PAST = HiddenNumbers()
TOKEN = re.compile(r"\x00([0-9]+)\x00")
"""What stands for the name of a hidden issue while a sentence is cut: which name it was, by its place among them."""
NAMED = re.compile(rf"{TOKEN.pattern}(?:[ :,“”]+{TOKEN.pattern})*")
"""Key and title side by side are one issue; several in a row are counted."""
SENTENCE = re.compile(r"((?<=[.!?;])\s+|\n+)")
REPEATED = re.compile(rf"{re.escape(RESTRICTED)}(?:\s+{re.escape(RESTRICTED)})+")
FIGURE = re.compile(r"(?<![A-Za-z0-9_-])[0-9]")
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
ROWS = ("key_result_id", "issue_id", "id", "key", "issue", "issue_key")
"""The fields by which a value says of which row of a number it is."""
HOLDERS = ("check_in", "key_result", "row")
"""The fields that hold the value which says so, of those that are made around it."""
MATTERS = ("stands", "wanted", "kind", "reason", "remedy", "objectives", "outcome")
"""By two of these fields a value is known that tells what is to be done about an issue: that one stays, without what is written."""
WRITTEN = ("stands", "wanted", "before", "after", "value")
PEOPLE = ("owner", "assignee", "reporter", "person", "account")
WORDS = ("title", "summary")


class UncutValue(Exception):
    """A value holds something that nobody knows how to cut: it is shown to nobody."""


@dataclass(frozen=True, slots=True)
class HiddenIssues:
    """Issues that somebody may not see. `titles` are theirs by id (`former_titles` those they had before), `ids` say by key (present and former) which it is, or by id where no more is known.

    `rows` makes the opaque name that stands for an issue: always the same one for it. Where they are `summed`, no row of theirs is
    told apart; the numbers of those among them that are `objectives` are told all the same.
    """

    titles: Mapping[str, str]
    ids: Mapping[str, str]
    rows: Callable[[str], str]
    former_titles: Mapping[str, Iterable[str]] = field(default_factory=dict)
    summed: bool = False
    objectives: frozenset[str] = frozenset()
    numberless: Mapping[str, str] = field(default_factory=dict)
    """The objectives whose numbers they may not see, by id, key and title, hidden ones and others."""
    unnumbered: bool = False
    """Whether no state that counts one of these issues has its numbers told: what an objective was, or would be by a draft, may count others than it does."""
    past: HiddenNumbers = NOTHING_PAST
    """Of which objectives they see the numbers, but not those of some times."""
    at: datetime = EPOCH
    """Now."""

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
            keys.update(said for one in ANY_KEY.findall(text) for said in {one, one.upper()})
    return Names(frozenset(ids), frozenset(keys))


class Cut:
    """Cuts values to somebody from whom these issues are hidden; those of the kinds `whole` are theirs to see as they are, those of the kinds `never` are nobody's.

    `others` are sites whose issues these are not, though their ids may be the same numbers. `about`: the id of the objective that all is told of,
    where it was asked of one.
    """

    def __init__(
        self,
        hidden: HiddenIssues,
        whole: tuple[type, ...] = (),
        never: tuple[type, ...] = (),
        others: frozenset[str] = frozenset(),
        *,
        about: str | None = None,
    ) -> None:
        self._hidden = hidden
        self._about = about
        self._then = frozenset[str]()
        """Ids of the objectives whose numbers are not theirs to see of the time that is told of."""
        self._past_names = {
            name: id_
            for id_ in hidden.past.times
            for name in (id_, *_called(hidden.past.names.get(id_)))
            if name.strip()
        }
        self._others = others
        self._never = never
        self._whole = whole
        strange = {
            key: hidden.ids[key] for key in hidden.ids if not (KEY.fullmatch(key) or ID.fullmatch(key))
        }
        called = defaultdict[str, set[str]](set)
        for issue, title in hidden.titles.items():
            for one in (title, *hidden.former_titles.get(issue, ())):
                if one.strip():
                    called[one].add(issue)
        for key, issue in strange.items():
            called[key].add(issue)
        self._called = called
        self._titles = _Phrases(called)
        self._bare = hidden.numberless
        self._numberless = _phrases_of(hidden.numberless)
        self._kept_names = dict[frozenset[str], tuple[Mapping[str, str], _Phrases]]()
        """By ids of the objectives without numbers of a time all that are without them then: many values are of times that do not differ in it."""
        self._named = list[set[str]]()

    def text(self, text: str) -> str:
        """A sentence without the hidden issues that it names: how many they are is said. Of a row that is not told apart the sentence says nothing at all."""
        if text[:1] in ("{", "[") and (made := self._json(text)) is not None:
            return made
        if self._bare:
            text = self._without_numbers(text)
        self._named = []
        marked = ANY_KEY.sub(self._key, self._titles.replaced(text.replace("\x00", ""), self._title))
        if not self._named:
            return text
        if self._hidden.summed:
            marked = "".join(map(self._sentence, SENTENCE.split(marked)))
        said = NAMED.sub(self._counted, marked)
        return said[0].upper() + said[1:] if said.startswith((ISSUE, WORK)) else said

    def _json(self, text: str) -> str | None:
        """A text that holds values for programs, cut as these; None where it is none."""
        try:
            held = json.loads(text)
        except ValueError:
            return None
        cut = self.value(held)
        return text if cut == held else json.dumps(cut, ensure_ascii=False)

    def _title(self, title: str) -> str:
        return self._token(self._called[title])

    def _key(self, found: re.Match[str]) -> str:
        ids = self._hidden.ids
        issue = ids.get(found[0]) or ids.get(found[0].upper())
        return found[0] if issue is None else self._token({issue})

    def _token(self, issues: set[str]) -> str:
        self._named.append(issues)
        return f"\x00{len(self._named) - 1}\x00"

    def _counted(self, found: re.Match[str]) -> str:
        """What is said in the place of names that stand side by side."""
        named = sorted((self._named[int(one)] for one in TOKEN.findall(found[0])), key=len)
        issues = set[str]()
        for one in named:
            if not one & issues:
                issues.add(min(one))
        return ISSUE if len(issues) == 1 else f"{len(issues)} issues you may not see"

    def _without_numbers(self, text: str) -> str:
        """A text without the sentences that have a figure beside the name of an objective whose numbers are not told, and without those
        behind them on the same line that have one and name nothing else: they go on about it.
        """
        told, about = list[str](), False
        for said in SENTENCE.split(text):
            rest = ANY_KEY.sub(self._numberless_key, self._numberless.replaced(said, lambda _name: " "))
            about = rest != said or (about and "\n" not in said and not KEY.search(rest))
            told.append(RESTRICTED if about and FIGURE.search(KEY.sub(" ", rest)) else said)
        return REPEATED.sub(RESTRICTED, "".join(told))

    def _numberless_key(self, found: re.Match[str]) -> str:
        return " " if found[0].upper() in self._bare else found[0]

    def _sentence(self, said: str) -> str:
        """A sentence as it was, unless it tells something of a row that is not told apart."""
        issues = (self._named[int(one)] for one in TOKEN.findall(said))
        if all(one & self._hidden.objectives for one in issues) or not WORD.search(TOKEN.sub(" ", said)):
            return said
        return f"{WORK[0].upper()}{WORK[1:]}{said[-1] if said[-1] in '.;!?' else ''}"

    def value(self, value: object) -> object:
        """A value, as they see it. Raises UncutValue."""
        wordless = not self._hidden.past.times or isinstance(value, WORDLESS)
        times = None if wordless else times_of(value, self._hidden.at)
        if times is None:
            return self._cut(value)
        with self._during(*times):
            return self._cut(value)

    @contextmanager
    def _during(self, first: int, last: int) -> Iterator[None]:
        """What is cut in here tells numbers of this time, too (epoch milliseconds)."""
        known = (self._then, self._bare, self._numberless)
        news = self._hidden.past.during(first, last) - self._then
        if news:
            self._then |= news
            self._bare, self._numberless = self._names_without_numbers(self._then)
        try:
            yield
        finally:
            self._then, self._bare, self._numberless = known

    def _names_without_numbers(self, then: frozenset[str]) -> tuple[Mapping[str, str], _Phrases]:
        """By id, key and title the objectives whose numbers are not theirs to see, with those of which they do not see them `then`; and what finds these names in texts."""
        known = self._kept_names.get(then)
        if known is None:
            more = {name: id_ for name, id_ in self._past_names.items() if id_ in then}
            named = {**self._hidden.numberless, **more}
            known = (named, _phrases_of(named))
            if len(self._kept_names) >= KEPT_NAMES:
                self._kept_names.clear()
            self._kept_names[then] = known
        return known

    def _cut(self, value: object) -> object:
        if type(value) is str:
            return self.text(value)
        if isinstance(value, self._never):
            raise UncutValue(f"nobody can say who may see a {type(value).__name__}")
        if isinstance(value, (*ATOMS, *self._whole, str)) or value == b"":
            return value
        if _is_of(value, self._others):
            return value
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            made: Callable[..., object] = type(value)
            return made(*[self.value(part) for part in value])
        if isinstance(value, tuple | list):
            return type(value)(self._several(value))
        if isinstance(value, set | frozenset):
            return type(value)(map(self.value, value))
        if isinstance(value, msgspec.Struct):
            return self._record(value, value.__struct_fields__, msgspec.structs.replace)
        if is_dataclass(value) and not isinstance(value, type):
            return self._record(value, [one.name for one in fields(value) if one.init], replace)
        raise UncutValue(f"nobody knows how to cut {type(value).__name__}")

    def _mapping(self, value: Mapping[object, object]) -> object:
        known, self._about = self._about, self._objective_of(value) or self._about
        try:
            return self._mapping_of_it(value)
        finally:
            self._about = known

    def _mapping_of_it(self, value: Mapping[object, object]) -> object:
        if self._has_no_numbers(value):
            value = {name: _bare_number(name, part) for name, part in value.items()}
        kept = value.items() if not self._hidden.summed else self._kept(value)
        made = {self._kept_name(name): self.value(part) for name, part in kept}
        return type(value)(made) if type(value) is not dict and isinstance(value, dict) else made

    def _kept(self, value: Mapping[object, object]) -> Iterator[tuple[object, object]]:
        for name, part in value.items():
            hidden = self._hidden.named(name)
            row = hidden is not None and hidden not in self._hidden.objectives
            if self._row(part) is None and not (row and not isinstance(part, str)):
                yield name, part

    def _several(self, values: Iterable[object]) -> list[object]:
        """Those of a list, as they see it; rows that are not told apart are one line or none."""
        if not self._hidden.summed:
            return list(map(self.value, values))
        bare: object = None
        made, rows, effects = list[object](), list[Contribution](), list[Effect]()
        for one in values:
            if isinstance(one, Contribution) and self._hidden.named(one.id) is not None:
                rows.append(one)
            elif isinstance(one, Effect) and self._hidden.named(one.id) is not None:
                effects.append(one)
            elif self._row(one) is None and not self._is_untold(one):
                cut = self.value(one)
                step = isinstance(one, STEPS) and self._is_dated_out(one)
                if step and bare is not None and _says_the_same(bare, cut):
                    continue
                bare = cut if step else None
                if not (type(cut) is str and made and cut == made[-1] and cut.startswith(WORK)):
                    made.append(cut)
        if rows:
            made.append(summed_rows(rows, self._opaque("+".join(sorted(row.id for row in rows)))))
        return [*made, *summed_effects(effects, self._opaque)]

    def _opaque(self, name: str) -> str:
        return self._hidden.rows(name).removeprefix(HIDDEN)

    def _row(self, value: object) -> str | None:
        """The hidden issue of which a value tells as of a row of its own, where no row is told apart."""
        names = _names(value)
        if not names or "aligned_to" in names or sum(one in names for one in MATTERS) > 1:
            return None
        held = (self._row(_part(value, name)) for name in HOLDERS if name in names)
        if (found := next((one for one in held if one is not None), None)) is not None:
            return found
        said = (self._hidden.named(_part(value, name)) for name in ROWS if name in names)
        found = next((one for one in said if one is not None), None)
        if found is None or (found in self._hidden.objectives and "measurement" not in names):
            return None
        return found

    def _kept_name(self, name: object) -> object:
        return self.text(name) if type(name) is str else name

    def _record(self, value: object, names: Iterable[str], made: Callable[..., object]) -> object:
        known, self._about = self._about, self._objective_of(value) or self._about
        try:
            return self._record_of_it(value, list(names), made)
        finally:
            self._about = known

    def _record_of_it(self, value: object, names: list[str], made: Callable[..., object]) -> object:
        hidden = self._subject(value, names)
        numberless = self._has_no_numbers(value)
        news = {}
        for name in names:
            given = getattr(value, name)
            bare = numberless or self._is_part_dated_out(value, name)
            before = bare_part(name, given) if bare else given
            after = self.value(before) if hidden is None else self._of_hidden(name, before, hidden, names)
            if after is not given and after != given:
                news[name] = after
        return made(value, **news) if news else value

    def _has_no_numbers(self, value: object, *, said: bool = False) -> bool:
        """Whether a value is of an objective whose numbers they may not see, or holds one that is; of what was `said` it does not matter when."""
        if not self._bare and not self._hidden.unnumbered:
            return False
        if (not said and self._is_dated_out(value)) or self._stood_at_hidden_end(value):
            return True
        counted = counted_in(value) if self._hidden.unnumbered and isinstance(value, ObjectiveState) else ()
        if not self._hidden.titles.keys().isdisjoint(counted):
            return True
        names = _names(value)
        if objective_in(value, names, _part, self._bare) is not None:
            return True
        if self._hidden.unnumbered and "aligned_to" in names and self._subject(value, names) is not None:
            return True
        return any(
            name in names and self._has_no_numbers(_part(value, name), said=name == "check_in")
            for name in HELD
        )

    def _objective_of(self, value: object) -> str | None:
        """The objective, of those whose numbers of some times are not theirs to see, that a value says it is of."""
        if not self._past_names:
            return None
        names = _names(value)
        said = objective_in(value, names, _part, self._past_names)
        if said is not None:
            return said
        held = (self._objective_of(_part(value, name)) for name in HELD if name in names)
        return next((one for one in held if one is not None), None)

    def _is_dated_out(self, value: object) -> bool:
        """Whether a value tells numbers of a time of which those of its objective are not theirs to see."""
        past = self._hidden.past
        if not past.times or self._about is None:
            return False
        times = times_of(value, self._hidden.at)
        return times is not None and past.hide(self._about, *times)

    def _is_untold(self, value: object) -> bool:
        """Whether a value stands in a list by numbers alone that are not theirs to see."""
        times = times_told_by(value, self._hidden.at) if self._hidden.past.times else None
        about = self._objective_of(_part(value, "row")) if times is not None else None
        return times is not None and about is not None and self._hidden.past.hide(about, *times)

    def _is_part_dated_out(self, value: object, name: str) -> bool:
        past = self._hidden.past
        if not past.times or self._about is None:
            return False
        times = times_of_part(value, name, self._hidden.at)
        return times is not None and past.hide(self._about, *times)

    def _stood_at_hidden_end(self, value: object) -> bool:
        """Whether a value is of an objective in a cycle at whose end it counted what they may not see."""
        if not self._hidden.past.cycles:
            return False
        names = _names(value)
        if "cycle_id" not in names:
            return False
        cycle = _part(value, "cycle_id")
        id_ = objective_in(value, names, _part, self._past_names)
        return isinstance(cycle, str) and id_ is not None and (id_, cycle) in self._hidden.past.cycles

    def of_one(self, value: object) -> object:
        """What was asked of one objective whose numbers they may not see: nothing of a list, and of anything else what is no number."""
        if isinstance(value, str) or value is None:
            return value
        if isinstance(value, Iterator):
            return iter(())
        if isinstance(value, tuple | list | Mapping) and not hasattr(value, "_fields"):
            return type(value)()
        if is_dataclass(value) and not isinstance(value, type):
            return self.value(bare(value))
        raise UncutValue(f"nobody knows what of {type(value).__name__} is a number")

    def _subject(self, value: object, names: Iterable[str]) -> str | None:
        """The hidden issue that a value is about."""
        said = (self._hidden.named(_part(value, name)) for name in SUBJECTS if name in names)
        return next((one for one in said if one is not None), None)

    def _of_hidden(self, name: str, before: object, hidden: str, names: list[str]) -> object:
        """One field of a value that is about a hidden issue."""
        if name in WORDS:
            return OBJECTIVE if "aligned_to" in names else TITLE
        if name in WRITTEN and self._hidden.summed and hidden not in self._hidden.objectives:
            return "" if isinstance(before, str) else None
        if name in PEOPLE:
            return None if before is None else "" if isinstance(before, str) else before
        if name == "status" and type(before) is str:
            return ""
        if name == "key" and type(before) is str and ("id" in names or "issue_id" in names):
            return ""
        if name == "id" and "share" in names:
            return self._hidden.rows(hidden)
        if name == "values" and isinstance(before, tuple):
            return ()
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

    def replaced(self, text: str, by: Callable[[str], str]) -> str:
        """The text with what `by` makes of it in the place of each phrase that stands there in whole words, the longest of those that begin alike."""
        parts, done = list[str](), 0
        for word in WORD.finditer(text) if self._begun else ():
            for length, before in self._begun.get(word[0], ()):
                start = word.start() - before
                end = start + length
                inside = done <= start and end <= len(text)
                if inside and text[start:end] in self._phrases and not _goes_on(text, end):
                    parts += [text[done:start], by(text[start:end])]
                    done = end
                    break
        said = "".join([*parts, text[done:]]) if parts else text
        for one in self._wordless:
            said = said.replace(one, by(one)) if one in said else said
        return said


def _phrases_of(names: Iterable[str]) -> _Phrases:
    """Keys and titles among names; an id is none in a text."""
    return _Phrases(one for one in names if not ID.fullmatch(one) and one.strip())


def _called(one: Mention | None) -> tuple[str, ...]:
    return () if one is None else (one.key, one.title, *one.former_titles)


def _says_the_same(one: object, other: object) -> bool:
    """Whether two steps without numbers tell the same health, whenever that was."""
    return all(getattr(one, name, None) == getattr(other, name, None) for name in ("health", "kind", "text"))


def _goes_on(text: str, end: int) -> bool:
    """Whether the word before this place goes on behind it."""
    return text[end - 1].isalnum() and text[end : end + 1].isalnum()


def _bare_number(name: object, value: object) -> object:
    """A part of what programs are told of such an objective: whole numbers may be shares of it too."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return None
    if name == "health" and isinstance(value, Mapping):
        return {
            **value,
            **{
                one: RESTRICTED if one == "sentence" else None for one in ("sentence", "pace") if one in value
            },
        }
    return bare_part(name, value) if isinstance(name, str) else value


def _names(value: object) -> Iterable[str]:
    """What the parts of a value are called, of whatever kind it is."""
    if isinstance(value, Mapping):
        return [one for one in value if isinstance(one, str)]
    if isinstance(value, msgspec.Struct):
        return value.__struct_fields__
    if is_dataclass(value) and not isinstance(value, type):
        return [one.name for one in fields(value)]
    return ()


def _part(value: object, name: str) -> object:
    return value[name] if isinstance(value, Mapping) else getattr(value, name)


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
