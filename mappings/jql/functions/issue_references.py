"""Words that mean an issue, in a condition or as the argument of a function. Ids decide; a key is what an issue is called today."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mappings.diagnostic import quote
from mappings.document.names import NameKind
from mappings.jql.compilation import Compilation
from mappings.jql.text.tree import JqlValue

KEY = re.compile(r"([A-Za-z][A-Za-z0-9_]*)-(\d{1,18})", re.ASCII)


def ids_and_keys(compilation: Compilation, values: Iterable[JqlValue]) -> tuple[set[str], set[str]]:
    """Ids, those of keys that can be resolved among them, and the other keys."""
    ids: set[str] = set()
    keys: set[str] = set()
    for value in values:
        if value.text.isascii() and value.text.isdigit():
            ids.add(value.text)
        elif KEY.fullmatch(value.text):
            found = _ids_of(compilation, value.text)
            compilation.mean(NameKind.ISSUE, value, found)
            if not found:
                keys.add(value.text)
            ids |= found
        else:
            message = f"{quote(value.text)} is no issue key or id"
            compilation.refuse(
                "not-an-issue", message, value, remedy="write a key such as PLAT-12, or an issue's id"
            )
    return ids, keys


def _ids_of(compilation: Compilation, key: str) -> set[str]:
    """The issue that a key means; more than one where it was made anew under another id."""
    known = {one.id for one in compilation.catalogue.issues if one.name.casefold() == key.casefold()}
    named = None if known else compilation.issue_id_of(key)
    return known if named is None else {named}
