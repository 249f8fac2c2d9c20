"""`linkedIssues(PLAT-7, "is blocked by")`: the issues at the other end of an issue's links."""

from __future__ import annotations

from collections.abc import Callable

from mappings.document.names import NameKind, link_word
from mappings.facts.issue import Link
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.functions.issue_references import ids_and_keys
from mappings.jql.text.tree import FunctionCall, JqlValue


def linked_issues(compilation: Compilation, call: FunctionCall) -> Verdict:
    """Those that the issue says this of; of any link where no phrase is given."""
    issue, *phrases = call.arguments or (None,)
    if issue is None or len(phrases) > 1:
        usage = 'write the key of an issue, and a link\'s phrase where it matters: linkedIssues(PLAT-12, "is blocked by")'
        message = "linkedIssues() takes the key of one issue and at most one phrase"
        compilation.refuse("wrong-arguments", message, call, remedy=usage)
        return never
    ids, _unknown = ids_and_keys(compilation, [issue])
    compilation.linked = True
    if not phrases:
        return lambda i, _: any(link.issue_id in ids for link in i.links)
    said = _seen_from_here(compilation, phrases[0])
    return lambda i, _: any(link.issue_id in ids and said(link) for link in i.links)


def _seen_from_here(compilation: Compilation, phrase: JqlValue) -> Callable[[Link], bool]:
    """A phrase is read from the other issue; whether a link is one is seen from this end of it."""
    types = compilation.catalogue.link_types
    word = link_word(phrase.text, types)
    compilation.mean(NameKind.LINK, phrase, word.ids)
    if types and not word.directed:
        names = tuple(dict.fromkeys(said for one in types for said in (one.inward, one.outward)))
        compilation.unknown_value("link type", phrase.text, phrase, names)
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
