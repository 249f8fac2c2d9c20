"""Fields that name issues: the issue itself and its parent. Ids decide; a key is what an issue is called today."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mappings.diagnostic import quoted
from mappings.document.names import MappingName, NameKind
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.fields.instants import TESTS
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions import refuse_call
from mappings.jql.ground import Ground, Verdict, never
from mappings.jql.text.tree import FunctionCall, JqlValue

KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-(\d{1,18})", re.ASCII)
PARENT = "parent"


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
    """`key in (PLAT-1, 10002)`."""
    wanted, keys = _ids_and_keys(ground, values)
    ids, known = frozenset(wanted), NameTable(keys)
    if not ids:
        return lambda i, _: known[i.key]
    return lambda i, _: i.id in ids or known[i.key]


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
