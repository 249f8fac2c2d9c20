"""Text search in its simple form: words in any order, whatever their case; `*` and `?` within a word; quoted phrases.

Jira also stems words by language and knows weights, fuzziness and ranges; that is refused here, never guessed.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mappings.diagnostic import quote
from mappings.facts.catalogue import Field
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.fields import JqlView, jql_view
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.functions.functions import refuse_call
from mappings.jql.text.tree import FunctionCall, JqlValue

WORD = re.compile(r"\w+")
TERM = re.compile(r'"([^"]*)"|(\S+)')
WILD_WORD = re.compile(r"[\w*?]+")
BEYOND = re.compile(r"^[+\-!]|[~^{}\[\]()|&]|^(?:AND|OR|NOT)$|^\w+:")
MOST_NODES = 20_000
LONG_TEXTS = ("description", "environment")


@dataclass(frozen=True, slots=True)
class TextSearch:
    """What a text must hold: all `words`, a word for each of the `patterns`, and each phrase word by word."""

    words: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    phrases: tuple[tuple[str, ...], ...]

    def found_in(self, text: str) -> bool:
        """Whether the text holds them all."""
        spoken = WORD.findall(text.casefold())
        distinct = set(spoken)
        return (
            self.words <= distinct
            and all(any(pattern.match(word) for word in distinct) for pattern in self.patterns)
            and all(_holds(spoken, phrase) for phrase in self.phrases)
        )


def _holds(spoken: list[str], phrase: tuple[str, ...]) -> bool:
    length = len(phrase)
    return any(tuple(spoken[at : at + length]) == phrase for at in range(len(spoken) - length + 1))


def search(compilation: Compilation, operand: JqlValue | FunctionCall) -> TextSearch | None:
    """Read what is searched for; None, with a finding, where it lies outside the simple form."""
    if isinstance(operand, FunctionCall):
        refuse_call(compilation, operand, "text")
        return None
    words: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    phrases: list[tuple[str, ...]] = []
    for phrase, term in TERM.findall(operand.text):
        if phrase:
            phrases.append(tuple(WORD.findall(phrase.casefold())))
        elif term and not _read_term(compilation, operand, term, words, patterns):
            return None
    if not (words or patterns or any(phrases)):
        remedy = "search for a word, or use IS EMPTY"
        compilation.refuse(
            "nothing-to-search", "the text holds no word to search for", operand, remedy=remedy
        )
        return None
    return TextSearch(frozenset(words), tuple(patterns), tuple(phrase for phrase in phrases if phrase))


def _read_term(
    compilation: Compilation, operand: JqlValue, term: str, words: set[str], patterns: list[re.Pattern[str]]
) -> bool:
    if BEYOND.search(term):
        message = f"{quote(term)} is text-search syntax that can only be evaluated by Jira itself"
        remedy = 'write plain words, word*, or a phrase in quotes: "\\"two words\\""; join conditions by AND and OR'
        compilation.refuse("text-syntax", message, operand, remedy=remedy)
        return False
    for word in WILD_WORD.findall(term.casefold()):
        if word[0] in "*?":
            message = f"{quote(word)} begins with a wildcard, which Jira does not allow"
            compilation.refuse(
                "leading-wildcard", message, operand, remedy="begin with a letter, as in word*"
            )
            return False
        if "*" in word or "?" in word:
            patterns.append(re.compile(fnmatch.translate(word)))
        else:
            words.add(word)
    return True


def text_matches(read: Callable[[Issue], str]) -> Callable[[Compilation, JqlValue | FunctionCall], Verdict]:
    """`summary ~ "two words"`."""

    def matches(compilation: Compilation, operand: JqlValue | FunctionCall) -> Verdict:
        wanted = search(compilation, operand)
        if wanted is None:
            return never
        found_in = wanted.found_in

        def verdict(issue: Issue, _moment: Moment) -> bool:
            text = read(issue)
            return bool(text) and found_in(text)

        return verdict

    return matches


def matches_everywhere(compilation: Compilation, operand: JqlValue | FunctionCall) -> Verdict:
    """`text ~ word`: in the summary, the description, the environment and the site's free-text fields."""
    ids = tuple(
        dict.fromkeys([*LONG_TEXTS, *(one.id for one in compilation.catalogue.fields if is_free_text(one))])
    )
    compilation.fields.update(ids)
    message = "text is searched in the summary, the description and text fields, but not in comments"
    compilation.warn("no-comments", message, operand, remedy="name the field: summary ~ or description ~")

    def read(issue: Issue) -> str:
        held = (plain_text(issue.fields.get(field_id)) for field_id in ids)
        return "\n".join([issue.summary, *held])

    return text_matches(read)(compilation, operand)


def is_free_text(field: Field) -> bool:
    """Whether a custom field holds text that is searched by words."""
    return jql_view(field) is JqlView.WORDS


def plain_text(raw: object) -> str:
    """The words of a raw value: text, an Atlassian document, an option, or a list of them."""
    if isinstance(raw, str):
        return raw
    return " ".join(_pieces(raw)) if isinstance(raw, dict | list) else "" if raw is None else str(raw)


def _pieces(raw: object) -> Iterator[str]:
    """Walks without recursion, for documents may nest deeply; reads at most MOST_NODES nodes."""
    waiting = [raw]
    for _ in range(MOST_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict):
            held = [
                node[key]
                for key in ("text", "value", "name", "displayName")
                if isinstance(node.get(key), str)
            ]
            waiting.append(node.get("content"))
            waiting.append(_attribute_text(node.get("attrs")))
            waiting.extend(held)


def _attribute_text(attributes: object) -> str | None:
    text = attributes.get("text") if isinstance(attributes, dict) else None
    return text if isinstance(text, str) else None
