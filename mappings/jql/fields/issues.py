"""Fields that name issues: the issue itself and its parent. Ids decide; a key is what an issue is called today."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.document.names import MappingName, NameKind
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.connectives import any_of
from mappings.jql.fields.instants import TESTS
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions.functions import issues_of, refuse_call
from mappings.jql.functions.issue_references import KEY, ids_and_keys
from mappings.jql.text.tree import FunctionCall, JqlValue

PARENT = "parent"


class IssueId(str):
    """The id of an issue, for which people want to read its key."""

    __slots__ = ()


def parent_shown(issue: Issue) -> IssueId | None:
    """What stands above an issue."""
    return None if issue.parent_id is None else IssueId(issue.parent_id)


def issue_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`key in (PLAT-1, 10002, linkedIssues(PLAT-7))`."""
    given = [issues_of(compilation, value) for value in values if isinstance(value, FunctionCall)]
    written = [value for value in values if isinstance(value, JqlValue)]
    if given:
        return any_of([*given, issue_among(compilation, written)] if written else given)
    wanted, keys = ids_and_keys(compilation, written)
    ids, words = frozenset(wanted), NameTable(keys)
    if not ids:
        return lambda i, _: words[i.key]
    return lambda i, _: i.id in ids or words[i.key]


def issue_compare(compilation: Compilation, sign: str, value: JqlValue | FunctionCall) -> Verdict:
    """`key > PLAT-100`: within one project, by number; an id by number."""
    test = TESTS[sign]
    text = value.text if isinstance(value, JqlValue) else ""
    found = KEY.fullmatch(text)
    if found:
        return _key_compare(compilation, found[1], int(found[2]), sign)
    if text.isascii() and text.isdigit() and len(text) <= 18:
        bound = int(text)
        return lambda i, _: i.id.isdecimal() and test(int(i.id), bound)
    if isinstance(value, FunctionCall):
        refuse_call(compilation, value, "issue")
    else:
        ids_and_keys(compilation, [value])
    return never


def _key_compare(compilation: Compilation, project: str, bound: int, sign: str) -> Verdict:
    """Within the project that has this key when the mapping is bound; one that is not known is compared by its key."""
    test = TESTS[sign]
    known = compilation.catalogue.projects
    ids = frozenset(one.id for one in known if one.key.casefold() == project.casefold())
    compilation.names.add(MappingName(NameKind.PROJECT, project, tuple(sorted(ids))))

    def verdict(issue: Issue, _moment: Moment) -> bool:
        key, _, number = issue.key.rpartition("-")
        same = issue.project.id in ids if ids else key.casefold() == project.casefold()
        return same and number.isdecimal() and test(int(number), bound)

    return verdict


def parent_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`parent in (PLAT-1)`: by id where the key can be resolved, else by the key in the raw parent field."""
    for value in values:
        if isinstance(value, FunctionCall):
            refuse_call(compilation, value, "issue")
    ids, keys = ids_and_keys(compilation, [value for value in values if isinstance(value, JqlValue)])
    wanted, unresolved = frozenset(ids), NameTable(keys)
    if not unresolved.wanted:
        return lambda i, _: i.parent_id in wanted
    compilation.fields.add(PARENT)

    def verdict(issue: Issue, _moment: Moment) -> bool:
        if issue.parent_id in wanted:
            return True
        raw = issue.fields.get(PARENT)
        key = raw.get("key") if isinstance(raw, dict) else None
        return isinstance(key, str) and unresolved[key]

    return verdict
