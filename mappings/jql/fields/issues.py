"""Fields that name issues: the issue itself and its parent. Ids decide; a key is what an issue is called today."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mappings.diagnostic import quoted
from mappings.document.names import MappingName, NameKind, link_word
from mappings.facts.issue import Issue, Link
from mappings.facts.moment import Moment
from mappings.jql.connectives import any_of
from mappings.jql.fields.instants import TESTS
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions import known, refuse_call, refuse_other
from mappings.jql.ground import Ground, Verdict, never
from mappings.jql.text.tree import FunctionCall, JqlValue

KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-(\d{1,18})", re.ASCII)
PARENT = "parent"


class IssueId(str):
    """The id of an issue, for which people want to read its key."""

    __slots__ = ()


def parent_shown(issue: Issue) -> IssueId | None:
    """What stands above an issue."""
    return None if issue.parent_id is None else IssueId(issue.parent_id)


def _ids_and_keys(ground: Ground, values: Sequence[JqlValue | FunctionCall]) -> tuple[set[str], set[str]]:
    """Ids, those of keys that can be resolved among them, and the other keys."""
    ids: set[str] = set()
    keys: set[str] = set()
    for value in values:
        if isinstance(value, FunctionCall):
            refuse_call(ground, value, "issue")
        elif value.text.isascii() and value.text.isdigit():
            ids.add(value.text)
        elif KEY.fullmatch(value.text):
            found = _id_of(ground, value.text)
            ground.mean(NameKind.ISSUE, value, () if found is None else (found,))
            if found is None:
                keys.add(value.text)
            else:
                ids.add(found)
        else:
            message = f"{quoted(value.text)} is no issue key or id"
            ground.refuse(
                "not-an-issue", message, value, remedy="write a key such as PLAT-12, or an issue's id"
            )
    return ids, keys


def _id_of(ground: Ground, key: str) -> str | None:
    known = (one.id for one in ground.catalogue.issues if one.name.casefold() == key.casefold())
    return next(known, None) or ground.issue_id_of(key)


def issue_among(ground: Ground, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`key in (PLAT-1, 10002, linkedIssues(PLAT-7))`."""
    linked = [_linked(ground, value) for value in values if isinstance(value, FunctionCall)]
    if linked:
        written = [value for value in values if isinstance(value, JqlValue)]
        return any_of([*linked, issue_among(ground, written)] if written else linked)
    wanted, keys = _ids_and_keys(ground, values)
    ids, words = frozenset(wanted), NameTable(keys)
    if not ids:
        return lambda i, _: words[i.key]
    return lambda i, _: i.id in ids or words[i.key]


def _linked(ground: Ground, call: FunctionCall) -> Verdict:
    """`issue in linkedIssues(PLAT-7, "is blocked by")`: those that PLAT-7 says this of; of any link where no phrase is given."""
    function = known(ground, call)
    if function is None:
        return never
    if function.gives != "issue":
        refuse_other(ground, call, function, "issue")
        return never
    issue, *phrases = call.arguments or (None,)
    if issue is None or len(phrases) > 1:
        usage = 'write the key of an issue, and a link\'s phrase where it matters: linkedIssues(PLAT-12, "is blocked by")'
        message = f"{function.name}() takes the key of one issue and at most one phrase"
        ground.refuse("wrong-arguments", message, call, remedy=usage)
        return never
    ids, _unknown = _ids_and_keys(ground, [issue])
    if not phrases:
        return lambda i, _: any(link.issue_id in ids for link in i.links)
    said = _seen_from_here(ground, phrases[0])
    return lambda i, _: any(link.issue_id in ids and said(link) for link in i.links)


def _seen_from_here(ground: Ground, phrase: JqlValue) -> Callable[[Link], bool]:
    """A phrase is read from the other issue; whether a link is one is seen from this end of it."""
    types = ground.catalogue.link_types
    word = link_word(phrase.text, types)
    ground.mean(NameKind.LINK, phrase, word.ids)
    if types and not word.directed:
        names = tuple(dict.fromkeys(said for one in types for said in (one.inward, one.outward)))
        ground.unknown_value("link type", phrase.text, phrase, names)
    here = frozenset((type_id, not outward) for type_id, outward in word.directed)
    phrases = frozenset(
        (one.id, (one.inward if outward else one.outward).casefold())
        for one in types
        for type_id, outward in word.directed
        if type_id == one.id
    )

    def said(link: Link) -> bool:
        if link.outward is None:
            return (link.type_id, link.phrase.casefold()) in phrases
        return (link.type_id, link.outward) in here

    return said


def issue_compare(ground: Ground, sign: str, value: JqlValue | FunctionCall) -> Verdict:
    """`key > PLAT-100`: within one project, by number; an id by number."""
    test = TESTS[sign]
    text = value.text if isinstance(value, JqlValue) else ""
    found = KEY.fullmatch(text)
    if found:
        return _key_compare(ground, found[1], int(found[2]), sign)
    if text.isascii() and text.isdigit() and len(text) <= 18:
        bound = int(text)
        return lambda i, _: i.id.isdecimal() and test(int(i.id), bound)
    _ids_and_keys(ground, [value])
    return never


def _key_compare(ground: Ground, project: str, bound: int, sign: str) -> Verdict:
    """Within the project that has this key when the mapping is bound; one that is not known is compared by its key."""
    test = TESTS[sign]
    known = ground.catalogue.projects
    ids = frozenset(one.id for one in known if one.key.casefold() == project.casefold())
    ground.names.add(MappingName(NameKind.PROJECT, project, tuple(sorted(ids))))

    def verdict(issue: Issue, _moment: Moment) -> bool:
        key, _, number = issue.key.rpartition("-")
        same = issue.project.id in ids if ids else key.casefold() == project.casefold()
        return same and number.isdecimal() and test(int(number), bound)

    return verdict


def parent_among(ground: Ground, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`parent in (PLAT-1)`: by id where the key can be resolved, else by the key in the raw parent field."""
    ids, keys = _ids_and_keys(ground, values)
    wanted, unresolved = frozenset(ids), NameTable(keys)
    if not unresolved.wanted:
        return lambda i, _: i.parent_id in wanted
    ground.fields.add(PARENT)

    def verdict(issue: Issue, _moment: Moment) -> bool:
        if issue.parent_id in wanted:
            return True
        raw = issue.fields.get(PARENT)
        key = raw.get("key") if isinstance(raw, dict) else None
        return isinstance(key, str) and unresolved[key]

    return verdict
