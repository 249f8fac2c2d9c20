"""The spellings by which a person is known, and how they are found in a text and replaced there: a sentence or a JSON document, as it is kept."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

TELLING = 8
"""An id of so many characters with letters and digits is nobody else's, nor a word."""
TELLING_NUMBER = 15
"""So is a number of so many digits: shorter ones are counts and instants."""
PERSON_KEYS = ("person", "subject", "accountId", "account_id", "username")
"""A short id counts where a document tells it as a person's, under one of these names."""
_RUN = re.compile(r"[a-z0-9]+", re.ASCII)
_LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class PersonSpellings:
    """Address (folded), full names that are nobody else's, and ids at a provider and in Jira."""

    address: str
    names: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    def name_in(self, text: str) -> bool:
        """Whether a text, as it is kept, names the person."""
        return self.reword(text, "") != text

    def reword(self, text: str, stand_in: str) -> str:
        """The text, as it is kept, with the stand-in wherever the person stood in it."""
        if not self.may_stand_in(text):
            return text
        if _is_json(text):
            return self._reword_document(text, stand_in)
        return _pattern(self).sub(lambda _: stand_in, text)

    def may_stand_in(self, text: str) -> bool:
        """Whether all ASCII letters and digits of a spelling are in a text: what is quickly said, as `probes` are, of many texts that name nobody."""
        folded = text.casefold()
        return any(all(run in folded for run in runs) for runs in _runs(self))

    def sentences(self, text: str) -> Iterator[str]:
        """What of a text names the person: of a document the strings in it, or the whole where an id is told as a person's."""
        literals: list[str] = _LITERAL.findall(text) if _is_json(text) else []
        told = [one for one in literals if self.name_in(one)]
        if told:
            yield from map(json.loads, told)
        elif self.name_in(text):
            yield text

    def probes(self) -> tuple[str, ...]:
        """Patterns of LIKE, in lower case, of which one finds each text that may name the person."""
        told = (one if _is_telling(one) else json.dumps(one) for one in self.ids)
        return tuple(map(_probe, (self.address, *_forms(self.names), *told)))

    def _reword_document(self, text: str, stand_in: str) -> str:
        for id_ in self.ids:
            told = re.compile(rf'("(?:{"|".join(PERSON_KEYS)})"\s*:\s*){re.escape(json.dumps(id_))}')
            text = told.sub(lambda found: found.group(1) + json.dumps(stand_in), text)

        def literal(found: re.Match[str]) -> str:
            said: str = json.loads(found.group())
            made = self.reword(said, stand_in)
            return found.group() if made == said else json.dumps(made, ensure_ascii=False)

        return _LITERAL.sub(literal, text)


def is_full_name(name: str) -> bool:
    """Whether a name is of two words at least: a single one is a word of many sentences."""
    return len(name.split()) > 1


def holds_name(text: str, name: str) -> bool:
    """Whether a name stands in a text, as whole words."""
    return re.search(_name_pattern(name), text, re.IGNORECASE) is not None


def _forms(names: tuple[str, ...]) -> list[str]:
    """Each name as one letter with its accent is written, and as two."""
    both = (unicodedata.normalize(form, name) for name in names for form in ("NFC", "NFD"))
    return list(dict.fromkeys((*names, *both)))


def _is_telling(id_: str) -> bool:
    if id_.isdigit():
        return len(id_) >= TELLING_NUMBER
    return len(id_) >= TELLING and any(one.isdigit() for one in id_)


@lru_cache(maxsize=16)
def _runs(known: PersonSpellings) -> tuple[tuple[str, ...], ...]:
    """Of each spelling its runs of ASCII letters and digits: all else may be written otherwise in a document or an address."""
    return tuple(
        tuple(_RUN.findall(one.lower())) for one in (known.address, *_forms(known.names), *known.ids)
    )


@lru_cache(maxsize=16)
def _pattern(known: PersonSpellings) -> re.Pattern[str]:
    address = rf"(?<!\w)(?<!\w[.+%'-]){_loose(known.address)}(?![\w-]|\.\w)"
    coded = rf"(?<=%[0-9A-Fa-f]{{2}}){_loose(known.address)}(?![\w-]|\.\w)"
    names = [_name_pattern(name) for name in _forms(known.names)]
    ids = [rf"(?<!\w){_loose(one)}(?!\w)" for one in known.ids if _is_telling(one)]
    return re.compile("|".join((address, coded, *names, *ids)), re.IGNORECASE)


def _name_pattern(name: str) -> str:
    words = r"(?:\s|%20|\+)+".join(_loose(word) for word in name.split())
    return rf"(?<!\w)(?<!\w-){words}(?!\w|-\w)"


def _loose(text: str) -> str:
    """As an address on the web may write it, too."""
    return "".join(one if one.isalnum() else rf"(?:{re.escape(one)}|{_percent(one)})" for one in text)


def _percent(character: str) -> str:
    return "".join(f"%{byte:02x}" for byte in character.encode())


def _probe(spelling: str) -> str:
    """ASCII letters and digits, and the mark around a string, as they are; in the place of anything else whatever a document or an address makes of it."""
    kept = (one if one == '"' or (one.isascii() and one.isalnum()) else "%" for one in spelling.lower())
    return re.sub("%+", "%", f"%{''.join(kept)}%")


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[", '"')):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
