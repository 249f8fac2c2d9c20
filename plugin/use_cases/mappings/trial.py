"""The test bench of a mapping: which issues of the local copy a rule or a JQL takes, and why one issue is among them or not. Asks Jira nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC

from connectors.store.mappings import revisions
from connectors.store.mirror import mirror
from mappings.diagnostic import Diagnostic, MappingError, Severity
from mappings.document.binder import with_weeks
from mappings.document.checks.validation import zone_of
from mappings.document.mapping import Mapping
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql import JqlFinding, check, compares_versions, compile_selector, restricts
from mappings.jql.trial import ClauseAnswer, answer, clauses
from mappings.json_value import PlainValues
from mappings.rollup.structure.trial import IssueTrial, Requirement, RuleBench, RuleName, TakenIssue
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.bindings import bound_text
from plugin.use_cases.mappings.mapping_life import unread
from plugin.use_cases.permission import ADMIN, question

MOST_SHOWN = 200
USUALLY_SHOWN = 50
TYPED = "jql"
"""How what somebody typed is called among the rules."""


@dataclass(frozen=True, slots=True)
class TriedRule:
    """A rule, how many issues it takes, and the first of them."""

    rule: RuleName
    count: int
    issues: tuple[TakenIssue, ...] = ()


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What was tried: one rule or JQL, or every rule where none was named. `looked_at` issues are in the local copy.

    `issue` was asked for, and `answers` are what each tried rule says of it. `unread` is what the local copy does not hold yet and
    therefore counts as empty; `findings` are warnings about what was typed.
    """

    site: str
    looked_at: int
    tried: tuple[TriedRule, ...]
    rules: tuple[RuleName, ...] = ()
    issue: Issue | None = None
    answers: tuple[IssueTrial, ...] = ()
    unread: str = ""
    findings: tuple[Diagnostic, ...] = ()


@question(ADMIN)
def try_rules(
    connector: Connector,
    _actor: Actor,
    site: str,
    tried_text: str | None = None,
    *,
    rule: str = "",
    jql: str = "",
    any_issue: str = "",
    most: int = USUALLY_SHOWN,
) -> TrialResult:
    """Try one rule of a mapping (the active one without `tried_text`), a typed JQL, or every rule, on the issues of the local copy.

    `any_issue` asks of one issue why it is taken or not. Raises MappingError for a text or a JQL that cannot be used, Refusal where there
    is no such rule, no such issue, or no mapping.
    """
    with connector.store.read() as conn:
        forest = Forest.of(mirror.every(conn, site))
        id_ = mirror.id_of_key(conn, site, any_issue.strip().upper()) if any_issue.strip() else None
    issue = _issue(forest, site, any_issue.strip(), id_)
    if jql.strip():
        return _typed(connector, site, jql, forest, issue, most)
    bench, lacking = _bench(connector, site, tried_text, forest)
    wanted = _wanted(bench, rule)
    return TrialResult(
        site=site,
        looked_at=len(forest.by_id),
        tried=tuple(_tried(bench, one, most if rule else 0) for one in wanted),
        rules=bench.rules(),
        issue=issue,
        answers=tuple(bench.tried(one.name, issue) for one in wanted) if issue is not None else (),
        unread=lacking,
    )


@question(ADMIN)
def rules_to_try(connector: Connector, _actor: Actor, site: str, text: str) -> tuple[RuleName, ...]:
    """The rules of a text, for a person who chooses one; none where the text has errors. No issue is looked at."""
    try:
        return _bench(connector, site, text, Forest.of(()))[0].rules()
    except (MappingError, Refusal):
        return ()


def _bench(connector: Connector, site: str, text: str | None, forest: Forest) -> tuple[RuleBench, str]:
    """The rules of a text at this moment, and what the local copy does not hold of what they ask for."""
    document = read_document(text).document if text is not None else None
    catalogue = connector.catalogue(site) if document is None else connector.catalogue_for(site, document)
    with connector.store.read() as conn:
        if text is None:
            active = revisions.active(conn, site)
            if active is None:
                raise Refusal(f"No mapping is active for site {site!r}. Give a text, or activate one.")
            mapping, bound = bound_text(conn, site, active.text, catalogue, active=True)
        else:
            mapping, bound = bound_text(conn, site, text, catalogue)
    now = Moment(connector.clock(), mapping.zone, catalogue.account_id)
    moment = forest.moment(now, mapping.roots())
    return RuleBench(mapping, bound, forest, moment), unread(connector, site, mapping).said


def _wanted(bench: RuleBench, name: str) -> tuple[RuleName, ...]:
    if not name:
        return bench.rules()
    found = bench.rule(name)
    if found is None:
        known = ", ".join(one.name for one in bench.rules())
        raise Refusal(f"There is no rule {name!r} in this mapping. Its rules: {known}.", about="rule")
    return (found,)


def _tried(bench: RuleBench, rule: RuleName, most: int) -> TriedRule:
    taken = bench.taken(rule.name)
    return TriedRule(rule, len(taken), taken[: min(most, MOST_SHOWN)])


def _issue(forest: Forest, site: str, key: str, id_: str | None) -> Issue | None:
    """The issue that is asked about; by its id, too, and by a key that it had once."""
    if not key:
        return None
    found = forest.issue(id_ or key)
    if found is None:
        raise Refusal(
            f"{key} is not in the local copy of site {site!r}. Only issues within the scope of the active mapping are read; "
            "a new one comes with the next sync.",
            about="key",
        )
    return found


def _typed(
    connector: Connector, site: str, jql: str, forest: Forest, issue: Issue | None, most: int
) -> TrialResult:
    ruling = _ruling(connector, site)
    catalogue = connector.catalogue(site)
    if ruling is not None:
        catalogue = with_weeks(ruling.document, catalogue)
        if compares_versions(jql):
            catalogue = connector.with_orders(site, ruling.document, catalogue)
    zone = ruling.zone if ruling is not None else zone_of(catalogue.time_zone) or UTC
    by_key = {one.key.casefold(): one.id for one in forest}
    issue_id_of: Callable[[str], str | None] = lambda key: by_key.get(key.casefold())  # noqa: E731
    findings = tuple(_finding(jql, one) for one in check(jql, catalogue, issue_id_of))
    if any(one.severity is Severity.ERROR for one in findings):
        raise MappingError(findings)
    if not restricts(jql):
        findings += (_unrestricted(),)
    selector = compile_selector(jql, catalogue, issue_id_of)
    moment = forest.moment(Moment(connector.clock(), zone, catalogue.account_id), selector.roots)
    taken = [one for one in forest if selector.matches(one, moment)]
    rule = RuleName(TYPED, "issues that match", jql)
    answers: tuple[IssueTrial, ...] = ()
    if issue is not None:
        clause = clauses(jql, catalogue, issue_id_of)
        said = answer(clause, issue, moment, _key_in(forest)) if clause is not None else None
        holds = selector.matches(issue, moment)
        answers = (IssueTrial(rule, holds, (Requirement("It matches the JQL", holds, clause=said),)),)
    return TrialResult(
        site=site,
        looked_at=len(forest.by_id),
        tried=(
            TriedRule(rule, len(taken), tuple(TakenIssue(one) for one in taken[: min(most, MOST_SHOWN)])),
        ),
        issue=issue,
        answers=answers,
        unread=_unread_fields(ruling, catalogue, selector.fields),
        findings=findings,
    )


def _key_in(forest: Forest) -> Callable[[str], str]:
    def key_of(id_: str) -> str:
        found = forest.issue(id_)
        return found.key if found is not None else f"an issue that is not in the local copy ({id_})"

    return key_of


def _ruling(connector: Connector, site: str) -> Mapping | None:
    """The mapping by which issues are read, None where none can work yet."""
    try:
        return connector.context(site).mapping
    except (Refusal, MappingError):
        return None


def _unread_fields(ruling: Mapping | None, catalogue: Catalogue, fields: Iterable[str]) -> str:
    """What a JQL asks for and the active mapping has nobody read, by name."""
    held = ruling.field_ids() if ruling is not None else frozenset()
    missing = sorted(set(fields) - held)
    names = {one.id: one.name for one in catalogue.fields}
    return ", ".join(f"{names.get(id_, id_)} ({id_})" for id_ in missing)


def _finding(jql: str, found: JqlFinding) -> Diagnostic:
    before = jql[: found.position]
    return Diagnostic(
        code=found.code,
        message=found.message,
        path=TYPED,
        line=before.count("\n") + 1,
        column=len(before) - (before.rfind("\n") + 1) + 1,
        severity=found.severity,
        value=jql[found.position : found.end] or None,
        valid=found.valid,
        remedy=found.remedy,
        file=TYPED,
    )


def _unrestricted() -> Diagnostic:
    return Diagnostic(
        code="unrestricted",
        message="this JQL has no condition, so every issue matches",
        path=TYPED,
        severity=Severity.WARNING,
        remedy="a mapping refuses it; write which issues are meant",
    )


def trial_values(found: TrialResult) -> PlainValues:
    """The same for programs."""
    return {
        "site": found.site,
        "looked_at": found.looked_at,
        "unread": found.unread,
        "tried": [
            {
                "rule": one.rule.name,
                "takes": one.rule.takes,
                "jql": one.rule.jql,
                "count": one.count,
                "issues": [_taken_values(taken) for taken in one.issues],
            }
            for one in found.tried
        ],
        "issue": None if found.issue is None else found.issue.key,
        "answers": [
            {
                "rule": one.rule.name,
                "taken": one.taken,
                "objectives": list(one.whose),
                "requirements": [requirement_values(asked) for asked in one.requirements],
            }
            for one in found.answers
        ],
    }


def _taken_values(taken: TakenIssue) -> PlainValues:
    one = taken.issue
    return {
        "id": one.id,
        "key": one.key,
        "title": one.summary,
        "type": one.type.name,
        "status": one.status.name,
        "objectives": list(taken.whose),
    }


def requirement_values(asked: Requirement) -> PlainValues:
    """One thing that a rule asks."""
    clause = None if asked.clause is None else _clause_values(asked.clause)
    return {"asks": asked.asks, "holds": asked.holds, "why": asked.why, "clause": clause}


def _clause_values(one: ClauseAnswer) -> PlainValues:
    return {
        "text": one.text,
        "holds": one.holds,
        "held": one.held,
        "note": one.note,
        "join": one.join,
        "parts": [_clause_values(part) for part in one.parts],
    }
