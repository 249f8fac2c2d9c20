"""JQL against the sandbox, by the domain's own evaluator over the sandbox's issues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from connectors.sandbox.site_state.state import Record, Sandbox
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.moment import Moment
from mappings.jql import JqlError, JqlQuery, check, compile_selector, parse

Match = Callable[[Record, Moment], bool]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A compiled JQL; `query` keeps its order, `timed` says that its answer changes with the clock alone; `at` makes the moment to ask it at."""

    query: JqlQuery
    match: Match
    timed: bool
    at: Callable[[Moment], Moment]


def compile_jql(sandbox: Sandbox, catalogue: Catalogue, text: str, *, strict: bool = False) -> Matcher:
    """Compile a JQL; raises JqlError with what is wrong with it; where it is `strict`, so is a value that the caller does not know."""

    def issue_id_of(key: str) -> str | None:
        found = sandbox.find(key)
        return found.id if found else None

    found = check(text, catalogue, issue_id_of) if strict else ()
    strangers = [finding for finding in found if finding.code == "unknown-value"]
    if strangers:
        raise JqlError(strangers)
    selector = compile_selector(text, catalogue, issue_id_of)
    issue, matches = sandbox.issue, selector.matches

    def at(moment: Moment) -> Moment:
        if not selector.roots:
            return moment
        return Forest.of(map(issue, sandbox.records.values())).moment(moment, selector.roots)

    return Matcher(parse(text), lambda record, moment: matches(issue(record), moment), selector.timed, at)
