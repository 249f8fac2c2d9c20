"""Cuts JQL text into tokens with their places, as Atlassian's published grammar does. Knows nothing of clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mappings.jql.findings import JqlFinding
from mappings.jql.text.words import ELSEWHERE, KEYWORDS, RESERVED
from mappings.numbers import count_of

LONGEST_TEXT = 20_000


class TokenKind(StrEnum):
    """What a token is; the value is how a person would call it."""

    WORD = "a word"
    NUMBER = "a number"
    QUOTED = "a quoted text"
    KEYWORD = "a keyword"
    SYMBOL = "a symbol"
    BAD = "an unreadable character"
    END = "the end of the text"


@dataclass(frozen=True, slots=True)
class JqlToken:
    """One token: `value` is unescaped text, for keywords and symbols their canonical lower-case form."""

    kind: TokenKind
    value: str
    start: int
    end: int


NOT_TEXT = "\\x7f-\\x9f\\ufdd0-\\ufdef\\ufffe\\uffff"
ESCAPE = r"\\(?:[nrt\"'\\ ]|u[0-9a-fA-F]{4})"
TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\r\n]+)
    | (?P<word>(?:{ESCAPE}|[^\x00-,/;-@\[-^{{-~{NOT_TEXT}])+)
    | "(?P<double>(?:{ESCAPE}|[^\x00-\t\x0b\x0c\x0e-\x1f"\\{NOT_TEXT}])*)"
    | '(?P<single>(?:{ESCAPE}|[^\x00-\t\x0b\x0c\x0e-\x1f'\\{NOT_TEXT}])*)'
    | (?P<symbol>&&?|\|\|?|!=|!~|>=|<=|[()\[\],!<>=~])
    """,
    re.VERBOSE,
)
CONTENT = {quote: re.compile(rf"{ESCAPE}|[^\x00-\t\x0b\x0c\x0e-\x1f{quote}\\{NOT_TEXT}]") for quote in "\"'"}
NUMBER = re.compile(r"-?[0-9]+")
ONE_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
SPELT = {"n": "\n", "r": "\r", "t": "\t"}
MEANING = {"&": "and", "&&": "and", "|": "or", "||": "or", "null": "empty"}


def tokens_of(text: str) -> tuple[list[JqlToken], list[JqlFinding]]:
    """All tokens, the last of which is END, and what could not be read; unreadable characters become BAD tokens."""
    tokens: list[JqlToken] = []
    findings: list[JqlFinding] = []
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            findings.append(_unreadable(text, place))
            end = _after_unreadable(text, place)
            tokens.append(JqlToken(TokenKind.BAD, text[place:end], place, end))
            place = end
            continue
        if found.lastgroup != "space":
            token = _token(found)
            findings.extend(_reserved(token, tokens[-1] if tokens else None))
            tokens.append(token)
        place = found.end()
    tokens.append(JqlToken(TokenKind.END, "", place, place))
    return tokens, findings


def too_long(text: str) -> JqlFinding | None:
    """The finding that refuses a text longer than LONGEST_TEXT before anything reads it."""
    if len(text) <= LONGEST_TEXT:
        return None
    return JqlFinding(
        code="jql-too-long",
        message=f"the JQL has {count_of(len(text), 'character')}, more than {LONGEST_TEXT:,}",
        position=LONGEST_TEXT,
        end=len(text),
        remedy="split it, or select by a label, a component or a field instead of listing issues",
    )


def unescape(raw: str) -> str:
    """The text that escapes such as `\\n`, `\\"` and `\\u00e9` stand for."""
    if "\\" not in raw:
        return raw
    return ONE_ESCAPE.sub(_spelt, raw)


OUTSIDE = re.compile(r"[\s,()=!<>~\"'\\]")
LONGEST_AROUND = 60


def _spelt(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else SPELT.get(code, code)


def _token(found: re.Match[str]) -> JqlToken:
    group = found.lastgroup or ""
    raw = found[group]
    start, end = found.span()
    if group == "symbol":
        word = MEANING.get(raw)
        return (
            JqlToken(TokenKind.KEYWORD, word, start, end)
            if word
            else JqlToken(TokenKind.SYMBOL, raw, start, end)
        )
    if group in ("double", "single"):
        return JqlToken(TokenKind.QUOTED, unescape(raw), start, end)
    folded = raw.lower() if raw.isascii() else raw
    if folded in KEYWORDS:
        return JqlToken(TokenKind.KEYWORD, MEANING.get(folded, folded), start, end)
    if folded in RESERVED:
        return JqlToken(TokenKind.BAD, raw, start, end)
    return JqlToken(TokenKind.NUMBER if NUMBER.fullmatch(raw) else TokenKind.WORD, unescape(raw), start, end)


def _reserved(token: JqlToken, before: JqlToken | None) -> tuple[JqlFinding, ...]:
    if token.kind is not TokenKind.BAD:
        return ()
    value = before is not None and before.kind is TokenKind.SYMBOL and before.value != ")"
    other = "" if value else ELSEWHERE.get(token.value.lower(), "")
    return (
        JqlFinding(
            code="reserved-word",
            message=f'"{token.value}" is a reserved word of JQL',
            position=token.start,
            end=token.end,
            remedy=other or f'put it in quotes: "{token.value}"',
        ),
    )


def _unreadable(text: str, place: int) -> JqlFinding:
    character = text[place]
    if character in "\"'":
        return _broken_quote(text, place)
    if character == "\\":
        return JqlFinding(
            "bad-escape",
            "a backslash must be followed by n, r, t, a quote, a backslash, a space or u and four hex digits",
            place,
            place + 1,
            remedy="write \\\\ for a backslash, inside quotes",
        )
    return JqlFinding(
        "reserved-character",
        f"the character {_shown(character)} must stand in quotes",
        place,
        place + 1,
        remedy=f'put the value in quotes: "{_around(text, place)}"'
        if character.isprintable()
        else "remove it",
    )


def _around(text: str, place: int) -> str:
    """The value that a character stands in the midst of, as far as blanks and other signs let it be seen."""
    before, after = OUTSIDE.split(text[:place])[-1], OUTSIDE.split(text[place:])[0]
    return f"{before}{after}"[:LONGEST_AROUND]


def _shown(character: str) -> str:
    """As it was typed where it can be seen, else by its code."""
    return f"'{character}'" if character.isprintable() else repr(character)


def _broken_quote(text: str, place: int) -> JqlFinding:
    quote = text[place]
    end = place + 1
    while found := CONTENT[quote].match(text, end):
        end = found.end()
    if end >= len(text):
        return JqlFinding(
            "unclosed-quote",
            f"the text that begins here with {quote} is never closed",
            place,
            end,
            remedy=f"add a closing {quote}",
        )
    return JqlFinding(
        "bad-quoted-text",
        f"{_shown(text[end])} is no valid character or escape in a quoted text",
        end,
        end + 1,
        remedy='use \\" for a quote, \\\\ for a backslash, \\t for a tab, \\uXXXX for any other character',
    )


def _after_unreadable(text: str, place: int) -> int:
    """Where reading goes on: after the closing quote, so that one bad escape is one finding, or at the next character."""
    quote = text[place]
    if quote not in CONTENT:
        return place + 1
    closed = re.compile(rf"(?:\\.|[^{quote}\\])*{quote}?", re.DOTALL).match(text, place + 1)
    return closed.end() if closed else place + 1
