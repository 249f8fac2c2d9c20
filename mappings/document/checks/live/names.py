"""Where a document still says a name that Jira has changed. The number does not change by that, so nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mappings.diagnostic import Diagnostic
from mappings.document.checks.codes import Code
from mappings.document.checks.live.catalogue import links
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import creations, jql_texts
from mappings.document.names import Absence, MappingName, NameKind, Rename
from mappings.document.schema import Document, TeamPart
from mappings.document.text.places import Path, Positions
from mappings.facts.catalogue import Catalogue
from mappings.jql import spots


@dataclass(frozen=True, slots=True)
class NameMention:
    """One place of a document that says a name; `offset` is where in its JQL, None where it is the whole value."""

    name: MappingName
    path: Path
    offset: int | None = None
    key: bool = False


def places(document: Document, catalogue: Catalogue) -> Iterator[NameMention]:
    """Every place of a document that says a name."""
    for path, text in jql_texts(document):
        for spot in spots(text, catalogue):
            yield NameMention(spot.name, path, spot.start)
    for alias, part in document.fields.items():
        if part.id is None and part.name is not None:
            yield NameMention(MappingName(NameKind.FIELD, part.name), ("fields", alias, "name"))
    for index, override in enumerate(document.statuses.overrides):
        for word in override.by_status:
            where: Path = ("statuses", "overrides", index, "by_status", word)
            yield NameMention(MappingName(NameKind.STATUS, word), where, key=True)
    yield from _teams(document)
    for path, phrase in links(document):
        yield NameMention(MappingName(NameKind.LINK, phrase), path)
    for path, made in creations(document):
        yield NameMention(MappingName(NameKind.TYPE, made.type), (*path, "type"))
        if made.project is not None:
            yield NameMention(MappingName(NameKind.PROJECT, made.project), (*path, "project"))


def _teams(document: Document) -> Iterator[NameMention]:
    if isinstance(document.team, TeamPart) and document.team.field is None:
        for word in document.team.names:
            yield NameMention(MappingName(NameKind.PROJECT, word), ("team", "names", word), key=True)


def check_names(
    document: Document,
    catalogue: Catalogue,
    renames: Sequence[Rename],
    absences: Sequence[Absence],
    *,
    positions: Positions | None = None,
) -> tuple[Diagnostic, ...]:
    """A warning at each place that says a former name, with what to write instead, or the name of something that is gone."""
    report = Report(positions or Positions())
    for place in places(document, catalogue):
        told = {(one.id, one.now): one for one in reversed(renames) if _same(one.name, place.name)}
        for rename in reversed(told.values()):
            report.warn(
                Code.RENAMED, f"{rename}; the id decides, so no number changes", place.path,
                value=rename.name.word, valid=(rename.now,), remedy=f"write {show_value(rename.now)} in its place",
                offset=place.offset, key=place.key,
            )  # fmt: skip
        for absence in (one for one in absences if _same(one.name, place.name)):
            report.warn(
                Code.GONE, f"{absence}; numbers that need it stand as they were", place.path,
                value=absence.name.word, remedy="bring it back in Jira, or write something else",
                offset=place.offset, key=place.key,
            )  # fmt: skip
    return report.diagnostics()


def _same(one: MappingName, other: MappingName) -> bool:
    return (one.kind, one.word.casefold(), one.field) == (other.kind, other.word.casefold(), other.field)
