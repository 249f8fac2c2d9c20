"""What the names of a mapping text stand for on a site, before it is activated and when it is. Nothing here changes a number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlalchemy import Connection

from connectors.jira import Jira
from connectors.jira.http.errors import JiraError
from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from mappings.diagnostic import MappingError
from mappings.document.binder import BindResult, bind, bind_leniently
from mappings.document.mapping import Mapping
from mappings.document.names import MappingName, NameKind, compare, names_of_entry, overlay, versions_in_order
from mappings.document.schema import Document
from mappings.document.text.canonical import revision
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import User
from mappings.write_back.targets import WRITE_TARGETS
from plugin.sync.refresh import names

_read = lru_cache(maxsize=16)(read_document)
"""A text is bound again and again: for its preview, when it is activated, by every process. Reading it takes longer than that."""


@lru_cache(maxsize=16)
def _bound(text: str, file: str, known: Catalogue, today: Catalogue) -> BindResult:
    """What binding this text comes to, which an activation asks for several times. The text has to be readable."""
    read = _read(text, file)
    return bind_leniently(read.require(), known, positions=read.positions, today=today)


@dataclass(frozen=True, slots=True)
class _Ruling:
    """A document, known by its revision alone."""

    revision: str
    document: Document = field(compare=False)


@lru_cache(maxsize=16)
def _names_of(ruling: _Ruling, catalogue: Catalogue) -> frozenset[MappingName]:
    mapping = bind_leniently(ruling.document, catalogue).mapping
    return mapping.names if mapping is not None else frozenset()


MOST_PROJECTS = 50
"""Whose components and versions are asked for when a mapping is activated; of more, what the issues show has to do."""


def known_names(
    conn: Connection, site: str, document: Document, today: Catalogue, *, look: bool = True
) -> Catalogue:
    """What a text may call things by: names of today, names that the active mapping knows, and what the mirror shows besides.

    A revision that was active before keeps what it was bound to, unless some of that is gone. Where it has to be quick, the mirror
    is not looked through.
    """
    own = names.bound(conn, site, revision(document))
    if own is not None and not compare(_names(document, own), own, today).absences:
        return replace(own, version_orders=versions_in_order(own, today))
    active = revisions.active(conn, site)
    form = names.bound(conn, site, active.revision) if active is not None else None
    known = _without_written(document, overlay(form, today)) if form is not None else today
    wanted = _unresolved(_names(document, known)) if look else []
    if not names.needs_looking(wanted):
        return known
    return names.join_catalogues(known, names.seen_in(mirror.every(conn, site), wanted, known))


def _without_written(document: Document, known: Catalogue) -> Catalogue:
    """Options of fields that a text writes are looked up anew when it is activated: those that are known may be of another day."""
    aliases = {
        alias for rule in document.write_back for target in WRITE_TARGETS for alias in target.fields(rule)
    }
    parts = [document.fields[alias] for alias in aliases if alias in document.fields]
    ids = {part.id for part in parts}
    named = {part.name.casefold() for part in parts if part.name}
    fields = (
        replace(one, options=()) if one.id in ids or one.name.casefold() in named else one
        for one in known.fields
    )
    return replace(known, fields=tuple(fields))


def _names(document: Document, catalogue: Catalogue) -> frozenset[MappingName]:
    return _names_of(_Ruling(revision(document), document), catalogue)


def _unresolved(found: Iterable[MappingName]) -> list[MappingName]:
    return [name for name in found if not name.ids]


def looked_up(jira: Jira, mapping: Mapping, known: Catalogue) -> tuple[Mapping, Catalogue]:
    """Bound to what Jira says of names that neither its lists nor the mirror know. Where it does not answer, the first sync finds them."""
    try:
        more = names.join_catalogues(known, _asked(jira, mapping, _unresolved(mapping.names)))
    except JiraError:
        return mapping, known
    return bind(mapping.document, more), more


def _asked(jira: Jira, mapping: Mapping, wanted: list[MappingName]) -> Catalogue:
    issues = [jira.issue_of(name.word) for name in wanted if name.kind is NameKind.ISSUE]
    parts = []
    if any(name.kind in (NameKind.COMPONENT, NameKind.VERSION) for name in wanted):
        projects = {id_ for name in mapping.scope.names if name.kind is NameKind.PROJECT for id_ in name.ids}
        parts = [jira.project_parts(id_) for id_ in sorted(projects)[:MOST_PROJECTS]]
    return Catalogue(
        components=tuple(one for part in parts for one in part.components),
        versions=tuple(one for part in parts for one in part.versions),
        people=tuple(
            one for name in wanted if name.kind is NameKind.PERSON for one in _person(jira, name.word)
        ),
        issues=tuple(one for one in issues if one is not None),
    )


def _person(jira: Jira, word: str) -> tuple[User, ...]:
    """The one person of this name; where several have it nobody is chosen."""
    found = [one for one in jira.people(word) if one.id == word or word.casefold() in names_of_entry(one)]
    return tuple(found) if len(found) == 1 else ()


def bound_text(
    conn: Connection, site: str, text: str, today: Catalogue, file: str = "", *, active: bool = False
) -> tuple[Mapping, Catalogue]:
    """A text bound by every name that is known, and the catalogue that says so; raises MappingError with every diagnostic.

    What is `active` is bound by its own form alone, whatever Jira has become.
    """
    result = _read(text, file)
    document = result.require()
    own = names.bound(conn, site, revision(document)) if active else None
    known = own if own is not None else known_names(conn, site, document, today)
    found = _bound(text, file, known, overlay(known, today))
    if found.mapping is None:
        raise MappingError(found.diagnostics)
    return found.mapping, known
