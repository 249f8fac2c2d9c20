"""A compiled JQL: its text, and what says whether an issue matches. Parsing and compiling live in `mappings.jql`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mappings.document.names import MappingName
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment

Predicate = Callable[[Issue, Moment], bool]


@dataclass(frozen=True, slots=True)
class Selector:
    """One JQL, ready to be asked. `fields` are the custom field ids it reads; `timed` says that its answer changes with the clock alone, `linked` that it asks
    for links.

    `names` are the words it uses with what each stands for; `by_id` is the same JQL with ids in their place, for Jira's own search.
    `projects` are the ids of those that an issue has to be in one of, where the JQL says so; None where it may select from any.
    `asks` are the fields of JQL that it names, each as it is called first. `roots` are the ids of issues of which it asks what is below them.
    """

    jql: str
    matches: Predicate
    fields: frozenset[str] = frozenset()
    timed: bool = False
    linked: bool = False
    names: frozenset[MappingName] = frozenset()
    by_id: str = ""
    projects: frozenset[str] | None = None
    asks: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
