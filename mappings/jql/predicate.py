"""Makes a predicate of a JQL tree, collecting everything that is wrong with it on the way. Evaluates nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mappings.diagnostic import Severity
from mappings.document.names import MappingName, NameKind
from mappings.facts.catalogue import Catalogue
from mappings.facts.selector import Selector
from mappings.jql.compilation import Compilation, NameSpan, Verdict, always, never, nobody
from mappings.jql.connectives import all_of, any_of, none_of
from mappings.jql.fields import field_names, versions
from mappings.jql.fields.fields import UNSUPPORTED_BY_NAME, JqlField
from mappings.jql.findings import JqlError, JqlFinding, in_order
from mappings.jql.functions import functions
from mappings.jql.identity import by_id
from mappings.jql.negation import PlainClause, SignedCondition, without_not
from mappings.jql.text.parser import lettered_quotes, read
from mappings.jql.text.tree import (
    And,
    Clause,
    Condition,
    Empty,
    FunctionCall,
    JqlQuery,
    JqlValue,
    Operator,
    conditions,
    operands,
)

HISTORY = ("was", "was not", "was in", "was not in", "changed")
MOST_SORTS = 7


@dataclass(frozen=True, slots=True)
class CompiledJql:
    """A tree made into a predicate, and what was found wrong on the way."""

    verdict: Verdict
    fields: frozenset[str]
    timed: bool
    linked: bool
    names: frozenset[MappingName]
    by_id: str
    spots: tuple[NameSpan, ...]
    findings: tuple[JqlFinding, ...]
    projects: frozenset[str] | None
    asks: frozenset[str]
    roots: frozenset[str]


def check(
    text: str, catalogue: Catalogue, issue_id_of: Callable[[str], str | None] = nobody
) -> tuple[JqlFinding, ...]:
    """Everything that is wrong with a JQL, at once and in the order of the text; a warning does not refuse it."""
    query, syntax = read(text)
    quotes = {one.position: one for one in lettered_quotes(text)}
    found = compile_tree(query, catalogue, issue_id_of).findings
    # That the site has no such value follows from its quotes: they are what to mend.
    said = [*syntax, *(one for one in found if one.code != "unknown-value" or one.position not in quotes)]
    places = {finding.position for finding in said}
    return in_order([*said, *(one for place, one in quotes.items() if place not in places)])


def compile_selector(
    text: str, catalogue: Catalogue, issue_id_of: Callable[[str], str | None] = nobody
) -> Selector:
    """The selector of a JQL; raises JqlError with every finding where one of them is an error.

    Names are resolved against the catalogue where it knows any of their kind, else compared with the names in the
    issues. `issue_id_of` gives the id of an issue's key, for `parent = KEY`; without it the raw `parent` field is read.
    """
    query, syntax = read(text)
    made = compile_tree(query, catalogue, issue_id_of)
    findings = in_order([*syntax, *made.findings])
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise JqlError(findings)
    return Selector(
        jql=text,
        matches=made.verdict,
        fields=made.fields,
        timed=made.timed,
        linked=made.linked,
        names=made.names,
        by_id=made.by_id,
        projects=made.projects,
        asks=made.asks,
        roots=made.roots,
    )


def restricts(text: str) -> bool:
    """Whether a JQL has any condition, readable or not; an empty one, or a lone ORDER BY, means every issue."""
    query, syntax = read(text)
    return query.where is not None or bool(syntax)


def compares_versions(text: str) -> bool:
    """Whether a JQL goes by the order of versions."""
    query, _ = read(text)
    return any(versions.compares_versions(one) for one in conditions(query.where))


def spots(text: str, catalogue: Catalogue) -> tuple[NameSpan, ...]:
    """Where in a JQL names stand, and what each of them means."""
    query, _ = read(text)
    return compile_tree(query, catalogue).spots


def compile_tree(
    query: JqlQuery, catalogue: Catalogue, issue_id_of: Callable[[str], str | None] = nobody
) -> CompiledJql:
    """The predicate of a tree; what could not be compiled matches nothing and is among the findings."""
    compilation = Compilation(catalogue, issue_id_of)
    verdict = _clause(compilation, without_not(query.where)) if query.where else always
    _check_order(compilation, query)
    return CompiledJql(
        verdict=verdict,
        fields=frozenset(compilation.fields),
        timed=compilation.timed,
        linked=compilation.linked,
        names=frozenset(compilation.names),
        by_id=by_id(query, compilation.places),
        spots=tuple(compilation.spots),
        findings=tuple(compilation.findings),
        projects=_projects(query.where, compilation.spots) if query.where else None,
        asks=frozenset(compilation.asks),
        roots=frozenset(compilation.roots),
    )


def _projects(clause: Clause, spots: Sequence[NameSpan]) -> frozenset[str] | None:
    """Ids of the projects that an issue has to be in one of; None where the clause leaves that open."""
    if isinstance(clause, And):
        said = [found for part in clause.clauses if (found := _projects(part, spots)) is not None]
        return frozenset.intersection(*said) if said else None
    if not isinstance(clause, Condition) or clause.operator.name not in ("=", "in"):
        return None
    named = {(spot.start, spot.end): spot.name.ids for spot in spots if spot.name.kind == NameKind.PROJECT}
    meant = [named.get((one.start, one.end)) for one in operands(clause.operand)]
    return frozenset(id_ for ids in meant if ids for id_ in ids) if meant and all(meant) else None


def _check_order(compilation: Compilation, query: JqlQuery) -> None:
    for order in query.order_by:
        name = str(order.field).lower()
        if name != "rank" and name not in UNSUPPORTED_BY_NAME:  # Jira can sort by more than is kept here
            field_names.find(compilation, order.field)
    for order in query.order_by[MOST_SORTS:]:
        compilation.refuse("too-many-sorts", f"JQL can be ordered by at most {MOST_SORTS} fields", order)


def _clause(compilation: Compilation, clause: PlainClause) -> Verdict:
    if isinstance(clause, SignedCondition):
        return condition_verdict(compilation, clause)
    parts = [_clause(compilation, part) for part in clause.parts]
    return all_of(parts, compilation.thens) if clause.join == "AND" else any_of(parts)


def condition_verdict(compilation: Compilation, asked: SignedCondition) -> Verdict:
    """The predicate of one condition."""
    condition = asked.condition
    field = field_names.find(compilation, condition.field)
    operator = condition.operator
    if operator.name in HISTORY:
        _refuse_history(compilation, operator)
        return never
    if field is None:
        _refuse_calls(compilation, condition)
        return never
    if not _allowed(compilation, field, condition) or _list_alone(compilation, condition):
        return never
    compilation.fields.update(field.reads)
    compilation.asks.add(field.name)
    return _verdict(compilation, field, asked.sign, condition)


def _refuse_history(compilation: Compilation, operator: Operator) -> None:
    remedy = "compare with the field as it is now, or use statusCategoryChangedDate, updated or resolved"
    message = f"{operator.name.upper()} asks for the history of a field, which only Jira itself can evaluate"
    compilation.refuse("unsupported-operator", message, operator, remedy=remedy)


def _refuse_calls(compilation: Compilation, condition: Condition) -> None:
    """What lies outside the subset is refused without knowing the field, so also where no catalogue is at hand."""
    for operand in operands(condition.operand):
        if isinstance(operand, FunctionCall):
            functions.check_call(compilation, operand)


def _allowed(compilation: Compilation, field: JqlField, condition: Condition) -> bool:
    operator = condition.operator
    if operator.name in field.operators:
        return True
    valid = tuple(sorted(field.operators))
    message = f"the operator {operator.name.upper()} cannot be used with {field.name}"
    remedy = _instead(field, operator.name, valid)
    compilation.refuse("operator-not-allowed", message, operator, valid, remedy)
    return False


def _list_alone(compilation: Compilation, condition: Condition) -> bool:
    """Whether a function that gives a list stands behind = or !=, where Jira refuses it."""
    call, operator = condition.operand, condition.operator
    if not isinstance(call, FunctionCall) or operator.name not in ("=", "!="):
        return False
    function = functions.BY_NAME.get(call.name.lower())
    if function is None or not function.several:
        return False
    instead = "in" if operator.name == "=" else "not in"
    message = f"{function.name}() gives a list, which cannot stand behind {operator.name}"
    remedy = f"write {condition.field} {instead} {function.name}(…)"
    compilation.refuse("list-not-allowed", message, operator, ("in", "not in"), remedy)
    return True


def _instead(field: JqlField, operator: str, valid: tuple[str, ...]) -> str:
    if field.one_way and operator == "!~":
        return f"put NOT before it: NOT {field.name} ~ …"
    return f"use one of: {', '.join(valid)}" if field.among or not field.matches else "search text with ~"


def _verdict(compilation: Compilation, field: JqlField, sign: str, condition: Condition) -> Verdict:
    given = list(operands(condition.operand))
    compilation.linked = compilation.linked or field.linked
    values = [
        operand for operand in given if not isinstance(operand, Empty) and not _means_empty(field, operand)
    ]
    with_empty = len(values) < len(given)
    if sign in ("=", "in", "!=", "not in", "is", "is not") and field.among:
        return _equality(compilation, field, sign in ("=", "in", "is"), values, with_empty)
    if with_empty:
        return field.present if sign in ("!~", "is not") else none_of(always, field.present)
    if sign in ("~", "!~") and field.matches:
        found = field.matches(compilation, values[0])
        return found if sign == "~" else none_of(field.present, found)
    return field.compare(compilation, sign, values[0]) if field.compare else never


def _means_empty(field: JqlField, operand: JqlValue | FunctionCall) -> bool:
    """`resolution = Unresolved` is EMPTY by another name."""
    return isinstance(operand, JqlValue) and operand.text.casefold() in field.empty_words


def _equality(
    compilation: Compilation,
    field: JqlField,
    wanted: bool,
    values: list[JqlValue | FunctionCall],
    with_empty: bool,
) -> Verdict:
    found = field.among(compilation, values) if values and field.among else never
    if not wanted:
        return none_of(field.present, found) if values else field.present
    return (
        any_of([found, none_of(always, field.present)])
        if with_empty and values
        else (none_of(always, field.present) if with_empty else found)
    )
