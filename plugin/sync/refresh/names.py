"""What Jira calls things today, held against the bound form of the active mapping. Ids decide; names are only told of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store import Store
from connectors.store.mappings import bindings, coming_mappings, name_comparisons
from connectors.store.mappings.name_comparisons import NameComparison
from connectors.store.mirror import issue_histories, mirror, state_changes
from connectors.store.numbers import objectives
from connectors.store.people import audit
from connectors.store.reads import read_requests
from connectors.store.work import due
from mappings.document.mapping import Mapping
from mappings.document.names import (
    LISTED,
    LOOKED_UP,
    SINGLE,
    Absence,
    Arrival,
    CatalogueEntry,
    MappingName,
    NameKind,
    NameReview,
    bound_form,
    compare,
    drop_ids,
    entries,
    names_of_entry,
    plain_id,
    replaced_by_namesakes,
)
from mappings.facts.catalogue import Catalogue, Field, LinkType, Version
from mappings.facts.issue import Issue, JiraValue, Link, User
from mappings.fields.thing_states import VERSION, StateChange, ThingState, changes, version_state
from mappings.jql.fields.custom import choices_in
from mappings.rollup.structure.absences import has

WHO = "jira-okr"
SHOWN: dict[NameKind, Callable[[Issue], Sequence[CatalogueEntry]]] = {
    NameKind.PROJECT: lambda issue: (issue.project,),
    NameKind.TYPE: lambda issue: (issue.type,),
    NameKind.STATUS: lambda issue: (issue.status,),
    NameKind.RESOLUTION: lambda issue: (issue.resolution,) if issue.resolution is not None else (),
    NameKind.PRIORITY: lambda issue: (issue.priority,) if issue.priority is not None else (),
    NameKind.COMPONENT: lambda issue: issue.components,
    NameKind.VERSION: lambda issue: (*issue.fix_versions, *issue.affects_versions),
    NameKind.LINK: lambda issue: [_link_type(one) for one in issue.links if one.outward is not None],
    NameKind.PERSON: lambda issue: [
        one for one in (issue.assignee, issue.reporter, issue.creator) if one is not None
    ],
    NameKind.ISSUE: lambda issue: (JiraValue(issue.id, issue.key),),
}
"""What an issue shows of each kind, with id and name."""


def _link_type(link: Link) -> LinkType:
    """What a link shows of its type: the phrase of the direction that it is read in."""
    there, back = (link.phrase, "") if link.outward else ("", link.phrase)
    return LinkType(link.type_id, link.type_name, inward=back, outward=there)


def absences_of(conn: Connection, site: str, revision: str) -> tuple[Absence, ...]:
    """What the mapping names and Jira no longer has."""
    found = name_comparisons.load_latest(conn, site)
    return found.absences if found is not None and found.revision == revision else ()


def bound(conn: Connection, site: str, revision: str) -> Catalogue | None:
    """The bound form of a revision; None where it has none yet."""
    found: Catalogue | None = bindings.get(conn, site, revision, Catalogue)
    return found


def keep(conn: Connection, site: str, mapping: Mapping, catalogue: Catalogue) -> Catalogue:
    """Store what the names of a mapping stand for in this catalogue."""
    form = bound_form(mapping.names, mapping.field_ids(), catalogue)
    bindings.put(conn, site, mapping.revision, form)
    return form


def hold_against(
    conn: Connection,
    site: str,
    mapping: Mapping,
    today: Catalogue,
    now: datetime,
    kinds: Collection[NameKind] = tuple(NameKind),
) -> NameReview | None:
    """Compare the bound form of the mapping with what Jira lists today: take in what is new, tell once of the rest.

    `kinds`: of what the catalogue tells at all. Where options were looked up, its fields are not those of the site.
    """
    name_comparisons.hold(conn, site)
    form = bound(conn, site, mapping.revision)
    if form is None:
        return None
    found = compare((name for name in mapping.names if name.kind in kinds), form, today)
    if found.bound != form:
        bindings.put(conn, site, mapping.revision, found.bound)
    before = name_comparisons.load_latest(conn, site)
    if before is None or before.revision != mapping.revision:
        before = NameComparison(mapping.revision, now)
    after = _joined(before, found, today, now, kinds)
    _tell(conn, site, before, after, found, now)
    name_comparisons.put(conn, site, after)
    healed = set(before.absences) - set(after.absences)
    reordered = found.bound.version_orders != form.version_orders
    if reordered:
        _note_releases(conn, site, form, found.bound, now)
    if found.arrivals or healed or reordered:
        why = "versions in Jira changed" if reordered else "names in Jira changed"
        due.mark(conn, site, objectives.ids(conn, site), now, why, bulk=True)
        # Issues may be objectives now, or have fields again, of which no delivery told.
        read_requests.ask(conn, site, now)
    return found


def _note_releases(conn: Connection, site: str, before: Catalogue, after: Catalogue, now: datetime) -> None:
    """Keep by issue which version of its projects' orders was released: the last one that is, or the first that is not, is another one now."""
    old, new = before.version_orders, after.version_orders
    of_version: dict[str, list[StateChange]] = {}
    for order in new:
        known = [one for other in old if other.project_id == order.project_id for one in other.versions]
        found = changes(map(_stated, known), map(_stated, order.versions))
        of_version |= {one.id: list(found) for one in order.versions if found}
    if not of_version:
        return
    kept = {
        issue.id: [
            change
            for version in dict.fromkeys((*issue.fix_versions, *issue.affects_versions))
            for change in of_version.get(version.id, ())
        ]
        for issue in mirror.every(conn, site)
    }
    state_changes.keep(conn, site, kept, now)


def _stated(version: Version) -> ThingState:
    return ThingState(VERSION, version.id, version.name, version_state({"released": version.released}))


def read_anew(conn: Connection, site: str, mapping: Mapping, renamed: Collection[str], now: datetime) -> None:
    """Fields got other names, and histories were read in between that tell of them by names that nobody knew: they are read again.

    Every process learns the former names with the bound form.
    """
    coming = coming_mappings.get(conn, site)
    read = mapping.field_ids() | (coming.fields if coming is not None else frozenset())
    if read.isdisjoint(renamed):
        return
    bindings.renew(conn, site, mapping.revision)
    issue_histories.overtake(conn, site)
    read_requests.ask(conn, site, now)


def _joined(
    before: NameComparison, found: NameReview, today: Catalogue, now: datetime, kinds: Collection[NameKind]
) -> NameComparison:
    """What is known of kinds that this catalogue does not list stays as it was."""

    def is_told(name: MappingName) -> bool:
        return name.kind in kinds and bool(entries(today, name.kind, name.field))

    kept = tuple(one for one in before.renames if not is_told(one.name))
    lost = tuple(one for one in before.absences if not is_told(one.name))
    return NameComparison(
        before.revision,
        now,
        tuple(dict.fromkeys((*kept, *found.renames))),
        tuple(dict.fromkeys((*lost, *found.absences))),
    )


def _tell(
    conn: Connection,
    site: str,
    before: NameComparison,
    after: NameComparison,
    found: NameReview,
    now: datetime,
) -> None:
    _tell_arrivals(conn, site, found.arrivals, now)
    for rename in (one for one in after.renames if one not in before.renames):
        detail = {"kind": rename.name.kind, "name": rename.name.word, "id": rename.id, "now": rename.now}
        audit.note(conn, WHO, "renamed in Jira", now, detail, site)
    for absence in (one for one in after.absences if one not in before.absences):
        detail = {"kind": absence.name.kind, "name": absence.name.word, "id": absence.id}
        audit.note(conn, WHO, "gone from Jira", now, detail, site)
    for absence in (one for one in before.absences if one not in after.absences):
        detail = {"kind": absence.name.kind, "name": absence.name.word, "id": absence.id}
        audit.note(conn, WHO, "back in Jira", now, detail, site)


def _tell_arrivals(conn: Connection, site: str, arrivals: Iterable[Arrival], now: datetime) -> None:
    for arrival in arrivals:
        detail = {"kind": arrival.name.kind, "name": arrival.name.word, "id": arrival.id}
        audit.note(conn, WHO, "name taken in", now, detail, site)


def needs_looking(names: Iterable[MappingName]) -> bool:
    """Whether some name is of a kind that Jira lists nowhere, so that the issues themselves have to be asked."""
    return any(name.kind in LOOKED_UP and not name.written_as_id for name in names)


def observe(store: Store, site: str, mapping: Mapping, now: datetime) -> Catalogue:
    """After everything was read: learn from the issues what components, versions, options and people are called. Gives what they show of that."""
    let_go(store, site, mapping, now)
    written = mapping.written_options()
    read = [name for name in mapping.names if name.field not in written]
    if not needs_looking(read):
        return Catalogue()
    with store.write() as conn:
        name_comparisons.hold(conn, site)
        form = bound(conn, site, mapping.revision)
        if form is None:
            return Catalogue()
        seen = seen_in(mirror.every(conn, site), read, form)
        # Whoever else bears the name of somebody who is meant is somebody else (`successors`).
        waiting = [name for name in read if not name.ids]
        grown = _with_looked_up(form, _called_by(waiting, seen))
        if grown != form:
            bindings.put(conn, site, mapping.revision, grown)
        hold_against(conn, site, mapping, seen, now, LOOKED_UP)
    return seen


def take_in(
    store: Store, site: str, mapping: Mapping, known: Catalogue, issues: Collection[Issue], now: datetime
) -> bool:
    """Take in what these issues show under a word of the mapping, and what Jira's lists had not when they were read; whether anything was.

    A type that was deleted and made anew, or brought by another project, is known so before a number is made of its issues without it.
    `known` says of what sort fields are.
    """
    written = mapping.written_options()
    wanted = [name for name in mapping.names if name.field not in written]
    shown = shown_by(issues, wanted, known)
    if shown == Catalogue():
        return False
    with store.write() as conn:
        name_comparisons.hold(conn, site)
        form = bound(conn, site, mapping.revision)
        found = compare(wanted, form, shown) if form is not None else None
        if form is None or found is None or not found.arrivals:
            return False
        keep_arrivals(conn, site, mapping, found.bound, shown, found.arrivals, now)
    return True


def keep_arrivals(
    conn: Connection,
    site: str,
    mapping: Mapping,
    form: Catalogue,
    shown: Catalogue,
    arrivals: Iterable[Arrival],
    now: datetime,
) -> None:
    """Bind a mapping to what has come to be called by words of it, too, and tell of it."""
    bindings.put(conn, site, mapping.revision, _with_looked_up(form, shown))
    _tell_arrivals(conn, site, arrivals, now)
    due.mark(conn, site, objectives.ids(conn, site), now, "names in Jira changed", bulk=True)
    # Issues may be of the scope now, of which no delivery told.
    read_requests.ask(conn, site, now)


def shown_by(issues: Collection[Issue], names: Iterable[MappingName], known: Catalogue) -> Catalogue:
    """What these issues show that is called by one of the names and stands behind none of its ids."""
    parts: dict[str, dict[str, CatalogueEntry]] = {}
    options: dict[str, dict[str, JiraValue]] = {}
    names = list(names)
    # A page of issues shows few entries: what each is called is worked out once.
    entries = {
        kind: [
            (entry, names_of_entry(entry))
            for entry in dict.fromkeys(entry for issue in issues for entry in SHOWN[kind](issue))
        ]
        for kind in {name.kind for name in names} & SHOWN.keys()
    }
    for name in names:
        word = name.word.casefold()
        if name.kind is NameKind.OPTION:
            held = choices_in(known.field(name.field) or Field(name.field, name.field))
            for issue in issues:
                for one in held(issue.fields.get(name.field)):
                    if one.id not in name.ids and one.name.casefold() == word:
                        options.setdefault(name.field, {})[one.id] = one
        if name.kind in SINGLE and name.ids:
            continue
        for entry, words in entries.get(name.kind, ()):
            if entry.id not in map(plain_id, name.ids) and word in words:
                parts.setdefault(LISTED[name.kind], {})[entry.id] = entry
    fields = tuple(Field(id_, id_, options=tuple(found.values())) for id_, found in options.items())
    return replace(Catalogue(fields=fields), **{part: tuple(found.values()) for part, found in parts.items()})  # type: ignore[arg-type]


def _with_looked_up(form: Catalogue, seen: Catalogue) -> Catalogue:
    """And those of which a word means one alone: they stand in a bound form only where it names them."""
    people = tuple(one for one in seen.people if one.id not in {known.id for known in form.people})
    issues = tuple(one for one in seen.issues if one.id not in {known.id for known in form.issues})
    return replace(form, people=(*form.people, *people), issues=(*form.issues, *issues))


def _called_by(names: Collection[MappingName], seen: Catalogue) -> Catalogue:
    """The people and issues that are called by one of these words."""

    def called(kind: NameKind, entry: CatalogueEntry) -> bool:
        said = names_of_entry(entry) | {entry.id.casefold()}
        return any(name.kind is kind and name.word.casefold() in said for name in names)

    return Catalogue(
        people=tuple(one for one in seen.people if called(NameKind.PERSON, one)),
        issues=tuple(one for one in seen.issues if called(NameKind.ISSUE, one)),
    )


def let_go(store: Store, site: str, mapping: Mapping, now: datetime) -> None:
    """Forget ids that are gone from Jira where their word stands for another one as well, and no issue has them any more: they are replaced.

    One that the mapping also says by its bare id means that id for ever. A status is kept, for issues were in it, as their histories tell.
    """
    with store.read() as conn:
        absences = absences_of(conn, site, mapping.revision)
        if not any(len(one.name.ids) > 1 for one in absences):
            return
        issues = list(mirror.every(conn, site))
    bare = {(name.kind, id_) for name in mapping.names if name.written_as_id for id_ in name.ids}
    replaced = {
        (one.name.kind, one.id)
        for one in replaced_by_namesakes(absences)
        if one.name.kind is not NameKind.STATUS and not any(has(issue, one) for issue in issues)
    } - bare
    if not replaced:
        return
    with store.write() as conn:
        name_comparisons.hold(conn, site)
        form, known = bound(conn, site, mapping.revision), name_comparisons.load_latest(conn, site)
        if form is None or known is None or known.revision != mapping.revision:
            return
        bindings.put(conn, site, mapping.revision, drop_ids(form, replaced))
        left = tuple(one for one in known.absences if (one.name.kind, one.id) not in replaced)
        name_comparisons.put(conn, site, replace(known, at=now, absences=left))
        for kind, id_ in sorted(replaced):
            audit.note(conn, WHO, "replaced in Jira", now, {"kind": kind, "id": id_}, site)


def seen_in(issues: Iterable[Issue], names: Iterable[MappingName], known: Catalogue) -> Catalogue:
    """What these issues show of the kinds that no catalogue lists, as far as the names ask for it; fields are as they are `known`."""
    wanted = list(names)
    kinds = {one.kind for one in wanted}
    asked = sorted({one.field for one in wanted if one.kind is NameKind.OPTION})
    fields = {id_: choices_in(known.field(id_) or Field(id_, id_)) for id_ in asked}
    people = {
        text.casefold() for one in wanted if one.kind is NameKind.PERSON for text in (one.word, *one.ids)
    }
    keys = {text.casefold() for one in wanted if one.kind is NameKind.ISSUE for text in (one.word, *one.ids)}
    seen = _SeenNames()
    for issue in issues:
        if NameKind.COMPONENT in kinds:
            seen.components.update((one.id, one) for one in issue.components)
        if NameKind.VERSION in kinds:
            seen.versions.update((one.id, one) for one in (*issue.fix_versions, *issue.affects_versions))
        for field, held in fields.items():
            seen.options.setdefault(field, {}).update((one.id, one) for one in held(issue.fields.get(field)))
        for person in (issue.assignee, issue.reporter, issue.creator) if people else ():
            if person is not None and (people & names_of_entry(person) or person.id.casefold() in people):
                seen.people[person.id] = person
        if issue.key.casefold() in keys or issue.id in keys:
            seen.issues[issue.id] = JiraValue(issue.id, issue.key)
    return seen.catalogue()


class _SeenNames:
    def __init__(self) -> None:
        self.components: dict[str, JiraValue] = {}
        self.versions: dict[str, JiraValue] = {}
        self.options: dict[str, dict[str, JiraValue]] = {}
        self.people: dict[str, User] = {}
        self.issues: dict[str, JiraValue] = {}

    def catalogue(self) -> Catalogue:
        fields = (Field(id_, id_, options=tuple(found.values())) for id_, found in self.options.items())
        return Catalogue(
            fields=tuple(fields),
            components=tuple(self.components.values()),
            versions=tuple(self.versions.values()),
            people=tuple(self.people.values()),
            issues=tuple(self.issues.values()),
        )


def join_catalogues(catalogue: Catalogue, seen: Catalogue) -> Catalogue:
    """A catalogue with what has been looked up besides."""
    options = {one.id: one.options for one in seen.fields}
    fields = (
        replace(one, options=options[one.id]) if options.get(one.id) else one for one in catalogue.fields
    )
    return replace(
        catalogue,
        fields=tuple(fields),
        components=(*catalogue.components, *seen.components),
        versions=(*catalogue.versions, *seen.versions),
        people=(*catalogue.people, *seen.people),
        issues=(*catalogue.issues, *seen.issues),
    )
