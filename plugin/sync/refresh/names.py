"""What Jira calls things today, held against the bound form of the active mapping. Ids decide; names are only told of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from connectors.store import Store
from connectors.store.mappings import bindings, coming_mappings, name_comparisons
from connectors.store.mappings.name_comparisons import NameComparison
from connectors.store.mirror import issue_histories, mirror
from connectors.store.numbers import objectives
from connectors.store.people import audit
from connectors.store.reads import read_requests
from connectors.store.work import due
from mappings.document.mapping import Mapping
from mappings.document.names import (
    LOOKED_UP,
    Absence,
    MappingName,
    NameKind,
    NameReview,
    bound_form,
    called,
    compare,
    entries,
)
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, JiraValue, User
from mappings.jql.fields.custom import choices_in

WHO = "jira-okr"


def absences_of(conn: Connection, site: str, revision: str) -> tuple[Absence, ...]:
    """What the mapping names and Jira no longer has."""
    found = name_comparisons.latest(conn, site)
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
    before = name_comparisons.latest(conn, site)
    if before is None or before.revision != mapping.revision:
        before = NameComparison(mapping.revision, now)
    after = _joined(before, found, today, now, kinds)
    _tell(conn, site, before, after, found, now)
    name_comparisons.put(conn, site, after)
    healed = set(before.absences) - set(after.absences)
    reordered = found.bound.version_orders != form.version_orders
    if found.arrivals or healed or reordered:
        why = "versions in Jira changed" if reordered else "names in Jira changed"
        due.mark(conn, site, objectives.ids(conn, site), now, why, bulk=True)
        # Issues may be objectives now, or have fields again, of which no delivery told.
        read_requests.ask(conn, site, now)
    return found


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
    for arrival in found.arrivals:
        detail = {"kind": arrival.name.kind, "name": arrival.name.word, "id": arrival.id}
        audit.note(conn, WHO, "name taken in", now, detail, site)
    for rename in (one for one in after.renames if one not in before.renames):
        detail = {"kind": rename.name.kind, "name": rename.name.word, "id": rename.id, "now": rename.now}
        audit.note(conn, WHO, "renamed in Jira", now, detail, site)
    for absence in (one for one in after.absences if one not in before.absences):
        detail = {"kind": absence.name.kind, "name": absence.name.word, "id": absence.id}
        audit.note(conn, WHO, "gone from Jira", now, detail, site)
    for absence in (one for one in before.absences if one not in after.absences):
        detail = {"kind": absence.name.kind, "name": absence.name.word, "id": absence.id}
        audit.note(conn, WHO, "back in Jira", now, detail, site)


def needs_looking(names: Iterable[MappingName]) -> bool:
    """Whether some name is of a kind that Jira lists nowhere, so that the issues themselves have to be asked."""
    return any(name.kind in LOOKED_UP and not name.written_as_id for name in names)


def observe(store: Store, site: str, mapping: Mapping, now: datetime) -> None:
    """After everything was read: learn from the issues what components, versions, options and people are called."""
    written = mapping.written_options()
    read = [name for name in mapping.names if name.field not in written]
    if not needs_looking(read):
        return
    with store.write() as conn:
        name_comparisons.hold(conn, site)
        form = bound(conn, site, mapping.revision)
        if form is None:
            return
        seen = seen_in(mirror.every(conn, site), read, form)
        people = tuple(one for one in seen.people if one.id not in {known.id for known in form.people})
        issues = tuple(one for one in seen.issues if one.id not in {known.id for known in form.issues})
        if people or issues:
            form = replace(form, people=(*form.people, *people), issues=(*form.issues, *issues))
            bindings.put(conn, site, mapping.revision, form)
        hold_against(conn, site, mapping, seen, now, LOOKED_UP)


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
    seen = _Seen()
    for issue in issues:
        if NameKind.COMPONENT in kinds:
            seen.components.update((one.id, one) for one in issue.components)
        if NameKind.VERSION in kinds:
            seen.versions.update((one.id, one) for one in (*issue.fix_versions, *issue.affects_versions))
        for field, held in fields.items():
            seen.options.setdefault(field, {}).update((one.id, one) for one in held(issue.fields.get(field)))
        for person in (issue.assignee, issue.reporter, issue.creator) if people else ():
            if person is not None and (people & called(person) or person.id.casefold() in people):
                seen.people[person.id] = person
        if issue.key.casefold() in keys or issue.id in keys:
            seen.issues[issue.id] = JiraValue(issue.id, issue.key)
    return seen.catalogue()


class _Seen:
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


def joined(catalogue: Catalogue, seen: Catalogue) -> Catalogue:
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
