"""The names a mapping uses, what each stands for, and what a later catalogue says of them. Ids decide; reads nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from mappings.facts.catalogue import Catalogue, Field, LinkType, OptionContext, ProjectVersions
from mappings.facts.issue import JiraValue, Link


class NameKind(StrEnum):
    """What a name is the name of."""

    FIELD = "field"
    OPTION = "option"
    PROJECT = "project"
    TYPE = "issue type"
    STATUS = "status"
    RESOLUTION = "resolution"
    PRIORITY = "priority"
    COMPONENT = "component"
    VERSION = "version"
    LINK = "link type"
    PERSON = "person"
    ISSUE = "issue"


LISTED = {
    NameKind.PROJECT: "projects",
    NameKind.TYPE: "issue_types",
    NameKind.STATUS: "statuses",
    NameKind.RESOLUTION: "resolutions",
    NameKind.PRIORITY: "priorities",
    NameKind.LINK: "link_types",
    NameKind.COMPONENT: "components",
    NameKind.VERSION: "versions",
    NameKind.PERSON: "people",
    NameKind.ISSUE: "issues",
}
"""Where a catalogue keeps what has such a name; fields and their options stand apart."""

LOOKED_UP = (NameKind.COMPONENT, NameKind.VERSION, NameKind.PERSON, NameKind.ISSUE, NameKind.OPTION)
"""Kinds that no catalogue of Jira lists in full: what is not in one may exist all the same."""

SINGLE = (NameKind.FIELD, NameKind.PERSON, NameKind.ISSUE)
"""Kinds of which a word means one: another of the same name is not taken in."""


class CatalogueEntry(Protocol):
    """What has an id and a name."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


E = TypeVar("E", bound=CatalogueEntry)


@dataclass(frozen=True, slots=True, order=True)
class MappingName:
    """One word of a mapping and the ids it stands for; `field` is the field whose option it is. Without ids nothing is called so yet."""

    kind: NameKind
    word: str
    ids: tuple[str, ...] = ()
    field: str = ""

    @property
    def written_as_id(self) -> bool:
        """Whether the mapping says the id itself, so that no name matters."""
        number = self.word.casefold().removeprefix("cf[").removesuffix("]")
        return self.ids in ((self.word,), (f"customfield_{number}",))


@dataclass(frozen=True, slots=True)
class Rename:
    """What a word stands for is called otherwise now."""

    name: MappingName
    id: str
    now: str

    def __str__(self) -> str:
        return f'{self.name.kind} "{self.name.word}" is called "{self.now}" now'


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something else has come to be called by a word of the mapping, and counts as meant."""

    name: MappingName
    id: str

    def __str__(self) -> str:
        return f'another {self.name.kind} is called "{self.name.word}" ({self.id}) and is taken in'


@dataclass(frozen=True, slots=True)
class Absence:
    """What a word stands for is no longer in Jira, or out of the account's sight. `called` is its last name where the mapping says the id alone."""

    name: MappingName
    id: str
    called: str = ""

    def __str__(self) -> str:
        word = self.called or self.name.word
        shown = f" ({self.id})" if self.id != word else ""
        return f'{self.name.kind} "{word}"{shown} is no longer in Jira'


@dataclass(frozen=True, slots=True)
class NameReview:
    """What a later catalogue says of the names of a mapping; `bound` is the bound form with what has been taken in."""

    bound: Catalogue
    renames: tuple[Rename, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    absences: tuple[Absence, ...] = ()


def entries(catalogue: Catalogue, kind: NameKind, field: str = "") -> Sequence[CatalogueEntry]:
    """Everything of a kind."""
    if kind is NameKind.FIELD:
        return catalogue.fields
    if kind is NameKind.OPTION:
        found = catalogue.field(field)
        return found.options if found is not None else ()
    listed: Sequence[CatalogueEntry] = getattr(catalogue, LISTED[kind])
    return listed


def names_of_entry(entry: CatalogueEntry) -> frozenset[str]:
    """Every name something goes by, case-folded: a project by its key too, a link type by its phrases, a person by the address."""
    more = [getattr(entry, part, None) for part in ("key", "inward", "outward", "email")]
    more += getattr(entry, "clause_names", ())
    return frozenset(one.casefold() for one in (entry.name, *more) if one)


def compare(names: Iterable[MappingName], bound: Catalogue, now: Catalogue) -> NameReview:
    """Hold a later catalogue against the bound form. A kind of which it lists nothing says nothing.

    What is new is taken in under the name it has now, so that a word of the mapping finds it; what was there before keeps the
    name it had, whatever it is called since.
    """
    named = sorted(names)
    grown = _grown(bound, now, named)
    renames: list[Rename] = []
    arrivals: list[Arrival] = []
    absences: list[Absence] = []
    for name in named:
        live = {entry.id: entry for entry in entries(now, name.kind, name.field)}
        if not live:
            continue
        for id_ in map(plain_id, name.ids):
            if id_ not in live and name.kind not in LOOKED_UP:
                absences.append(Absence(name, id_, _last_name(id_, name, bound)))
            elif id_ in live and not name.written_as_id and name.word.casefold() not in _said(live[id_]):
                renames.append(Rename(name, id_, shown_name(live[id_], name, bound)))
        arrivals += [Arrival(name, id_) for id_ in _arrived(name, bound, live.values())]
    return NameReview(grown, _once(renames), _once(arrivals), _once(absences))


def _last_name(id_: str, name: MappingName, bound: Catalogue) -> str:
    """What something was called that the mapping says by its id; empty where it says the name."""
    known = entries(bound, name.kind, name.field) if name.written_as_id else ()
    return next((one.name for one in known if one.id == id_), "")


def replaced_by_namesakes(absences: Iterable[Absence]) -> list[Absence]:
    """Those whose word still stands for something that Jira has."""
    known = list(absences)
    gone = {(one.name.kind, one.id) for one in known}
    return [one for one in known if any((one.name.kind, id_) not in gone for id_ in one.name.ids)]


def drop_ids(bound: Catalogue, gone: Set[tuple[NameKind, str]]) -> Catalogue:
    """The bound form without these ids, which no word of the mapping stands for any more."""
    parts: dict[str, object] = {
        part: tuple(one for one in getattr(bound, part) if (kind, one.id) not in gone)
        for kind, part in LISTED.items()
    }
    return replace(bound, **parts)  # type: ignore[arg-type]


T = TypeVar("T")


def _once(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))


def plain_id(id_: str) -> str:
    """The id itself; that of a link type may say the direction it is read in."""
    return id_.partition(":")[0]


def _said(entry: CatalogueEntry) -> frozenset[str]:
    return names_of_entry(entry) | {entry.id.casefold(), entry.id.removeprefix("customfield_")}


def shown_name(entry: CatalogueEntry, name: MappingName, bound: Catalogue) -> str:
    """What has to be written instead of the word: the part of the same sort, so a key for a key and a phrase for a phrase."""
    before = next((one for one in entries(bound, name.kind, name.field) if one.id == entry.id), None)
    folded = name.word.casefold()
    for part in ("name", "key", "outward", "inward", "email"):
        said = getattr(before, part, None)
        if said and said.casefold() == folded:
            return str(getattr(entry, part, None) or entry.name)
    return entry.name


def _arrived(name: MappingName, bound: Catalogue, live: Iterable[CatalogueEntry]) -> Iterator[str]:
    """What is called by this word and was not known before; for a word that meant nothing, whatever is called so."""
    if name.kind in SINGLE and name.ids:
        return
    known = {entry.id for entry in entries(bound, name.kind, name.field)}
    taken = {plain_id(id_) for id_ in name.ids}
    for entry in live:
        new = entry.id not in known if name.ids else entry.id not in taken
        if new and name.word.casefold() in names_of_entry(entry) and name.word != entry.id:
            yield entry.id


def _grown(bound: Catalogue, now: Catalogue, names: Sequence[MappingName]) -> Catalogue:
    parts: dict[str, object] = {}
    for kind, part in LISTED.items():
        if kind not in SINGLE:
            waiting = {one.word.casefold() for one in names if one.kind is kind and not one.ids}
            parts[part] = grown(getattr(bound, part), getattr(now, part), waiting)
    orders = versions_in_order(bound, now)
    return replace(bound, fields=_grown_fields(bound.fields, now, names), version_orders=orders, **parts)  # type: ignore[arg-type]


def versions_in_order(bound: Catalogue, now: Catalogue) -> tuple[ProjectVersions, ...]:
    """The versions as their projects list them today, under the names they had; as they were where today's are not known."""
    said = {one.id: one.name for project in bound.version_orders for one in project.versions}
    live = {one.project_id for one in now.version_orders}
    kept = (one for one in bound.version_orders if one.project_id not in live)
    known = (
        replace(
            one, versions=tuple(replace(each, name=said.get(each.id, each.name)) for each in one.versions)
        )
        for one in now.version_orders
    )
    return tuple(sorted((*kept, *known), key=lambda one: one.project_id))


def _grown_fields(fields: Iterable[Field], now: Catalogue, names: Sequence[MappingName]) -> tuple[Field, ...]:
    found = []
    for field in fields:
        options = entries(now, NameKind.OPTION, field.id)
        words = {one.word.casefold() for one in names if one.field == field.id and not one.ids}
        more = tuple(JiraValue(one.id, one.name) for one in options)
        live = now.field(field.id)
        contexts = learnt(field.contexts, live.contexts if live is not None else ())
        found.append(replace(field, options=grown(field.options, more, words), contexts=contexts))
    return tuple(found)


def learnt(known: Iterable[OptionContext], now: Sequence[OptionContext]) -> tuple[OptionContext, ...]:
    """The contexts of a field with what was learnt now in the place of what was known of the same issues; the latest come last."""
    places = {(one.project_id, one.type_id) for one in now}
    return (*(one for one in known if (one.project_id, one.type_id) not in places), *now)


def grown(known: Sequence[E], now: Sequence[E], waiting: Iterable[str] = ()) -> tuple[E, ...]:
    """What was known under the names it had, and what is new. What a word waits for is known by its present name."""
    words = frozenset(waiting)
    live = {one.id: one for one in now}
    kept = [
        live[one.id]
        if one.id in live and (words & names_of_entry(live[one.id]) or _is_half(one, live[one.id]))
        else one
        for one in known
    ]
    ids = {one.id for one in known}
    return (*kept, *(one for one in now if one.id not in ids))


def _is_half(known: CatalogueEntry, now: CatalogueEntry) -> bool:
    """Whether of a link type one phrase alone is known, as a link of an issue shows it, and the list says both."""
    return (
        isinstance(known, LinkType)
        and isinstance(now, LinkType)
        and not (known.inward and known.outward)
        and bool(now.inward and now.outward)
    )


def overlay(bound: Catalogue, live: Catalogue) -> Catalogue:
    """The live catalogue under the names of the bound form: what a new text, or a JQL in an issue, may call things by.

    Where the names of today and the names of then disagree about a word, those of today win.
    """
    parts = {part: _overlaid(getattr(bound, part), getattr(live, part)) for part in LISTED.values()}
    known = {field.id: field for field in bound.fields}
    fields = [_with_options(field, known.get(field.id)) for field in live.fields]
    today = {
        name
        for field in live.fields
        for name in (field.name.casefold(), *map(str.casefold, field.clause_names))
    }
    ids = {field.id for field in live.fields}
    former = [one for one in bound.fields if one.id in ids and one.name.casefold() not in today]
    fields += [replace(one, clause_names=()) for one in former]
    return replace(live, fields=tuple(fields), **parts)  # type: ignore[arg-type]


def _with_options(field: Field, known: Field | None) -> Field:
    return field if known is None else replace(field, options=_overlaid(known.options, field.options))


def _overlaid(bound: Sequence[E], live: Sequence[E]) -> tuple[E, ...]:
    """Everything live, and once more by its former name where nothing else bears that today."""
    today = {name for one in live for name in names_of_entry(one)}
    ids = {one.id for one in live}
    former = (_without(one, today) for one in bound if one.id in ids or not live)
    return (*live, *(one for one in former if names_of_entry(one)))


def _without(entry: E, names: Set[str]) -> E:
    """Something without those of its names that are borne today: of a link type one phrase may have changed, of a project its key."""
    parts = ("name", "key", "outward", "inward", "email")
    borne = {part: "" for part in parts if (said := getattr(entry, part, None)) and said.casefold() in names}
    return replace(entry, **borne) if borne else entry  # type: ignore[type-var]


def bound_form(names: Iterable[MappingName], fields: Iterable[str], catalogue: Catalogue) -> Catalogue:
    """What of a catalogue a mapping is bound to: the fields it reads or writes, the people and issues it names, and the rest whole.

    The rest is kept whole so that what is new later can be told from what was there under another name.
    """
    named = list(names)
    ids: Mapping[NameKind, set[str]] = {
        kind: {id_ for one in named if one.kind is kind for id_ in one.ids} for kind in NameKind
    }
    read = ids[NameKind.FIELD] | set(fields)
    return replace(
        catalogue,
        fields=tuple(one for one in catalogue.fields if one.id in read),
        people=tuple(one for one in catalogue.people if one.id in ids[NameKind.PERSON]),
        issues=tuple(one for one in catalogue.issues if one.id in ids[NameKind.ISSUE]),
    )


@dataclass(frozen=True, slots=True)
class LinkWord:
    """A phrase of a link, bound: link types with the direction they are read in, and the words for links that do not tell theirs."""

    directed: frozenset[tuple[str, bool]]
    phrases: frozenset[str]

    def says(self, link: Link) -> bool:
        """Whether a link says this; the phrase decides only where no type has it, or where the link keeps no direction."""
        if link.outward is None or not self.directed:
            return link.phrase.casefold() in self.phrases
        return (link.type_id, link.outward) in self.directed

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the link types."""
        return tuple(sorted({id_ for id_, _ in self.directed}))


def link_word(phrase: str, link_types: Iterable[LinkType]) -> LinkWord:
    """What a phrase means; where no type has it, links that say just this."""
    folded = phrase.casefold()
    found: set[tuple[str, bool]] = set()
    for one in link_types:
        found |= {(one.id, True)} if one.outward.casefold() == folded else set()
        found |= {(one.id, False)} if one.inward.casefold() == folded else set()
    return LinkWord(frozenset(found), frozenset({folded}))
