"""The words JQL keeps for itself, as Atlassian's published JQL grammar (`@atlaskit/jql-parser`) lists them."""

from __future__ import annotations

import re

_KEYWORDS = "in is and or not empty null was changed before after from to on during order by asc desc cf"
KEYWORDS = frozenset(_KEYWORDS.split())

_RESERVED = """
    abort access add alias alter any as audit avg begin between boolean break byte catch char character check
    checkpoint collate collation column commit connect continue count create current date decimal declare decrement
    default defaults define delete delimiter difference distinct divide do double drop else encoding end equals
    escape exclusive exec execute exists explain false fetch field file first float for function go goto grant
    greater group having identified if immediate increment index initial inner inout input insert int integer
    intersect intersection into isempty isnull join last left less like limit lock long max min minus mode modify
    modulo more multiply next noaudit notin nowait number object of option outer output power previous prior
    privileges public raise raw remainder rename resource return returns revoke right row rowid rownum rows select
    session set share size sqrt start strict string subtract sum synonym table then trans transaction trigger true
    uid union unique update user validate values view when whenever where while with
"""
RESERVED = frozenset(_RESERVED.split())

ELSEWHERE = {
    "where": "JQL has no WHERE: begin with the first condition",
    "limit": "JQL has no LIMIT: remove it; everything that fits is taken",
    "rownum": "JQL has no ROWNUM: remove it; everything that fits is taken",
    "like": 'JQL searches texts with ~, as in summary ~ "word"',
    "select": "JQL selects nothing but issues: begin with the first condition",
    "join": "JQL joins nothing: other issues are named by parent, or by the relation of the mapping",
    "group": "JQL groups nothing: remove GROUP BY",
    "having": "JQL groups nothing: write the condition with AND",
    "distinct": "no issue comes twice: remove DISTINCT",
    "between": "write two conditions: field >= from AND field <= to",
    "exists": "write field IS NOT EMPTY",
    "isnull": "write field IS EMPTY",
    "isempty": "write field IS EMPTY",
    "equals": "JQL compares with =",
    "more": "JQL compares with >",
    "greater": "JQL compares with >",
    "less": "JQL compares with <",
    "begin": 'JQL searches texts with ~, as in summary ~ "word*"',
}
"""What people bring along from SQL and from speech, and what JQL has for it; all of them are reserved words."""

SYMBOLS_ELSEWHERE = {
    "==": "one =",
    "<>": "!= for <>",
    "=>": ">= for =>",
    "=<": "<= for =<",
    "=!": "!= for =!",
}
"""Signs of other languages, and how JQL writes them."""

PLAIN = re.compile(r"[A-Za-z][\w-]*")


def as_value(name: str) -> str:
    """A name as a condition names it: in quotes, unless it is one word that JQL does not keep for itself."""
    if PLAIN.fullmatch(name) and name.casefold() not in KEYWORDS | RESERVED:
        return name
    return in_quotes(name)


def in_quotes(text: str) -> str:
    """A text as JQL reads it back, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
