"""Fields whose values have an id and a name: project, type, status, resolution, priority, components, versions, labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol

from mappings.document.names import LOOKED_UP, NameKind, link_word
from mappings.facts.catalogue import LinkType
from mappings.facts.issue import Issue, JiraValue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Then, TypedVerdict, Verdict, never
from mappings.jql.fields.name_table import NameTable
from mappings.jql.functions.functions import SUBTASK, refuse_call, state_of
from mappings.jql.text.tree import FunctionCall, JqlValue


class NamedItem(Protocol):
    """What has an id and a name."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Namesakes:
    """What bears a wanted name under an id that is not known: the same option of another context, the component of another project.

    Of what is known the id has decided, whatever it is called by now.
    """

    known: frozenset[str]
    words: NameTable

    @classmethod
    def among(cls, known: Iterable[NamedItem], words: Iterable[str]) -> Namesakes:
        """Beside these, what is called so."""
        return cls(frozenset(one.id for one in known), NameTable(words))

    def has(self, value: NamedItem) -> bool:
        """Whether this value is one."""
        return value.id not in self.known and self.words[value.name]


def names_of(value: JqlValue, found: Iterable[str]) -> set[str]:
    """The word of a value that stands for these ids by its name; nothing where it says the id itself, or stands for none."""
    ids = set(found)
    return {value.text} if ids and ids != {value.text} else set()


@dataclass(frozen=True, slots=True)
class ValueSelection:
    """What the values of a condition stand for: ids decide; words are compared with names where no id is known."""

    ids: frozenset[str]
    words: NameTable
    namesakes: Namesakes

    def has(self, value: NamedItem) -> bool:
        """Whether this value is wanted."""
        return value.id in self.ids or self.words[value.name] or self.namesakes.has(value)


def select_values(
    compilation: Compilation,
    what: NameKind,
    values: Iterable[JqlValue | FunctionCall],
    known: Sequence[NamedItem],
) -> ValueSelection:
    """Resolve values against what the site knows; where it knows nothing, ids and names are both compared."""
    whole = known if what not in LOOKED_UP else ()
    ids: set[str] = set()
    words: set[str] = set()
    shared: set[str] = set()
    for value in values:
        if isinstance(value, FunctionCall):
            refuse_call(compilation, value, what)
            continue
        found = resolve_value(value, known)
        ids.update(found)
        shared |= set() if whole else names_of(value, found)
        compilation.mean(what, value, found)
        if not found:
            words.add(value.text)
            if not whole and value.text.isascii() and value.text.isdigit():
                ids.add(value.text)
            if whole:
                compilation.unknown_value(what, value.text, value, tuple(dict.fromkeys(map(_written, known))))
    return ValueSelection(frozenset(ids), NameTable(words), Namesakes.among(known, shared))


def _written(one: NamedItem) -> str:
    """As a person writes it in JQL: a project by its key, all else by its name."""
    return str(getattr(one, "key", "")) or one.name


def resolve_value(value: JqlValue, known: Sequence[NamedItem]) -> set[str]:
    """The ids a value stands for: a number is an id first, any other text a name (or a project's key) first."""
    text, folded = value.text, value.text.casefold()
    by_id = {one.id for one in known if one.id == text}
    if value.number and by_id:
        return by_id
    by_name = {one.id for one in known if folded in (one.name.casefold(), getattr(one, "key", "").casefold())}
    return by_name or by_id


def project_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`project in (…)`: by key, name or id."""
    target = select_values(compilation, NameKind.PROJECT, values, compilation.catalogue.projects)
    ids, words = target.ids, target.words
    if not words.wanted:
        return compilation.chained(lambda i, _: i.project.id in ids, _project_id_then(compilation, ids))
    if not ids:
        return compilation.chained(
            lambda i, _: words[(p := i.project).key] or words[p.name], _project_name_then(compilation, words)
        )
    return lambda i, _: (p := i.project).id in ids or words[p.key] or words[p.name]


def _project_id_then(compilation: Compilation, ids: frozenset[str]) -> Then:
    """Project and type together are how nearly every mapping selects, so they share one call."""

    def then(rest: Verdict) -> Verdict:
        typed = compilation.typed.get(rest)
        if typed is None or typed.words.wanted:
            return lambda i, m: i.project.id in ids and rest(i, m)
        kinds, after = typed.ids, typed.rest
        return lambda i, m: i.project.id in ids and i.type.id in kinds and after(i, m)

    return then


def _project_name_then(compilation: Compilation, words: NameTable) -> Then:
    yes, no = words.yes, words.no

    def then(rest: Verdict) -> Verdict:
        typed = compilation.typed.get(rest)
        if typed is None or typed.ids:
            return lambda i, m: (words[(p := i.project).key] or words[p.name]) and rest(i, m)
        kinds, after = typed.words, typed.rest
        kind_yes, kind_no = kinds.yes, kinds.no
        return lambda i, m: (
            (
                (key := (project := i.project).key) in yes
                or (name := project.name) in yes
                or (key not in no and words[key])
                or (name not in no and words[name])
            )
            and ((kind := i.type.name) in kind_yes or (kind not in kind_no and kinds[kind]))
            and after(i, m)
        )

    return then


def type_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`issuetype in (…)`: by name or id, or by standing below another type or not."""
    written = [value for value in values if isinstance(value, JqlValue)]
    if len(written) < len(values):
        calls = [value for value in values if isinstance(value, FunctionCall)]
        return _type_or_level(compilation, written, calls)
    target = select_values(compilation, NameKind.TYPE, written, compilation.catalogue.issue_types)
    ids, words = target.ids, target.words
    if ids and words.wanted:
        return lambda i, _: i.type.id in ids or words[i.type.name]

    def then(rest: Verdict) -> Verdict:
        by_name: Verdict = lambda i, m: words[i.type.name] and rest(i, m)  # noqa: E731
        by_id: Verdict = lambda i, m: i.type.id in ids and rest(i, m)  # noqa: E731
        verdict = by_name if words.wanted else by_id
        compilation.typed[verdict] = TypedVerdict(ids, words, rest)
        return verdict

    by_name: Verdict = lambda i, _: words[i.type.name]  # noqa: E731
    by_id: Verdict = lambda i, _: i.type.id in ids  # noqa: E731
    return compilation.chained(by_name if words.wanted else by_id, then)


def _type_or_level(
    compilation: Compilation, written: Sequence[JqlValue], calls: Sequence[FunctionCall]
) -> Verdict:
    states = (state_of(compilation, call, NameKind.TYPE) for call in calls)
    below = frozenset(state == SUBTASK for state in states if state is not None)
    by_name = type_among(compilation, written) if written else never
    return lambda i, m: (i.type.level < 0) in below or by_name(i, m)


def status_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`status in (…)`: by name or id."""
    target = select_values(compilation, NameKind.STATUS, values, compilation.catalogue.statuses)
    ids, words = target.ids, target.words
    if not words.wanted:
        return compilation.chained(
            lambda i, _: i.status.id in ids, lambda rest: lambda i, m: i.status.id in ids and rest(i, m)
        )
    if not ids:
        return compilation.chained(
            lambda i, _: words[i.status.name], lambda rest: lambda i, m: words[i.status.name] and rest(i, m)
        )
    return lambda i, _: i.status.id in ids or words[i.status.name]


CATEGORIES = {
    "new": "new",
    "2": "new",
    "to do": "new",
    "indeterminate": "indeterminate",
    "4": "indeterminate",
    "in progress": "indeterminate",
    "done": "done",
    "3": "done",
    "complete": "done",
    "undefined": None,
    "1": None,
    "no category": None,
}


def category_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`statusCategory in (…)`: by key, id or English name."""
    keys: set[str | None] = set()
    for value in values:
        folded = value.text.casefold() if isinstance(value, JqlValue) else ""
        if isinstance(value, FunctionCall):
            refuse_call(compilation, value, "status category")
        elif folded in CATEGORIES:
            keys.add(CATEGORIES[folded])
        else:
            valid = ("To Do", "In Progress", "Done", "new", "indeterminate", "done", "2", "4", "3")
            compilation.refuse("unknown-category", "there is no such status category", value, valid)
    return compilation.chained(
        lambda i, _: i.status.category in keys,
        lambda rest: lambda i, m: i.status.category in keys and rest(i, m),
    )


SHOWN_CATEGORIES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}


def category_shown(issue: Issue) -> str | None:
    """The category of an issue's status as Jira calls it in English."""
    key = issue.status.category
    return None if key is None else SHOWN_CATEGORIES.get(key, key)


def single_among(
    what: NameKind, attribute: str, known: Callable[[Compilation], Sequence[JiraValue]]
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`resolution in (…)` and its like: one value that may be missing."""
    read: Callable[[Issue], JiraValue | None] = attrgetter(attribute)

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        target = select_values(compilation, what, values, known(compilation))
        ids, words = target.ids, target.words

        def verdict(issue: Issue, _moment: Moment) -> bool:
            value = read(issue)
            return value is not None and (value.id in ids or words[value.name])

        return verdict

    return among


def several_among(
    what: NameKind, attribute: str, known: Callable[[Compilation], Sequence[JiraValue]]
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`component in (…)` and its like: any of several values."""
    read: Callable[[Issue], tuple[JiraValue, ...]] = attrgetter(attribute)

    def among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
        target = select_values(compilation, what, values, known(compilation))
        ids, words, namesakes = target.ids, target.words, target.namesakes

        def verdict(issue: Issue, _moment: Moment) -> bool:
            for value in read(issue):  # noqa: SIM110 - a generator costs more than the test
                if value.id in ids or words[value.name] or namesakes.has(value):
                    return True
            return False

        return verdict

    return among


def labels_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`labels in (…)`: Jira compares labels without regard to case."""
    words = _label_words(compilation, values)
    no, spelt = words.no, values[0].text if isinstance(values[0], JqlValue) else ""

    def verdict(issue: Issue, _moment: Moment) -> bool:
        labels = issue.labels
        if spelt in labels:  # as most labels are written
            return True
        for label in labels:  # noqa: SIM110 - a generator costs more than the test
            if label not in no and words[label]:
                return True
        return False

    return verdict


def _label_words(compilation: Compilation, values: Iterable[JqlValue | FunctionCall]) -> NameTable:
    """A label is its own name, so there is nothing that could be renamed."""
    words: set[str] = set()
    for value in values:
        if isinstance(value, FunctionCall):
            refuse_call(compilation, value, "label")
        else:
            words.add(value.text)
    return NameTable(words)


def attribute_presence(attribute: str) -> Verdict:
    """Whether a field that may be missing or hold several values has one."""
    read = attrgetter(attribute)
    return lambda i, _: bool(read(i))


def links_among(compilation: Compilation, values: Sequence[JqlValue | FunctionCall]) -> Verdict:
    """`issueLinkType in (…)`: by the link type's id or name, or by the phrase read from this issue."""
    types = compilation.catalogue.link_types
    target = select_values(compilation, NameKind.LINK, values, _link_names(types))
    said = [value.text.casefold() for value in values if isinstance(value, JqlValue)]
    whole = {one.id for one in types if one.name.casefold() in said or one.id in said}
    either = frozenset(whole | {id_ for id_ in target.ids if id_ not in {one.id for one in types}})
    directed = frozenset().union(*(link_word(word, types).directed for word in said))
    words = NameTable(word for word in said if not types or word in target.words.wanted)
    phrases = NameTable(said)

    def verdict(issue: Issue, _moment: Moment) -> bool:
        for link in issue.links:
            if link.type_id in either or words[link.phrase] or words[link.type_name]:
                return True
            read = link.outward
            if phrases[link.phrase] if read is None else (link.type_id, read) in directed:
                return True
        return False

    return verdict


def _link_names(types: Iterable[LinkType]) -> tuple[JiraValue, ...]:
    return tuple(JiraValue(one.id, name) for one in types for name in (one.name, one.inward, one.outward))


def priority_compare(compilation: Compilation, operator: str, value: JqlValue | FunctionCall) -> Verdict:
    """`priority >= High`: by the site's order, which runs from the highest to the lowest."""
    known = compilation.catalogue.priorities
    if not known:
        remedy = "list the priorities: priority in (…)"
        compilation.refuse(
            "order-unknown", "the site's order of priorities is not known", value, remedy=remedy
        )
        return never
    if isinstance(value, FunctionCall):
        refuse_call(compilation, value, "priority")
        return never
    found = resolve_value(value, known)
    compilation.mean(NameKind.PRIORITY, value, found)
    places = [place for place, priority in enumerate(known) if priority.id in found]
    if not places:
        compilation.unknown_value("priority", value.text, value, tuple(one.name for one in known))
        return never
    ranks = range(len(known))
    pivot = places[0]
    chosen = {
        "<": [rank for rank in ranks if rank > pivot],
        "<=": [rank for rank in ranks if rank >= pivot],
        ">": [rank for rank in ranks if rank < pivot],
        ">=": [rank for rank in ranks if rank <= pivot],
    }[operator]
    ids = frozenset(known[rank].id for rank in chosen)
    return lambda i, _: i.priority is not None and i.priority.id in ids
