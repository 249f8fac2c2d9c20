"""Advice on the craft of OKRs, from a document and from where objectives stand. Never refuses anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from mappings.diagnostic import Diagnostic, Severity
from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import progress_kind
from mappings.document.schema import Document, ObjectivePart
from mappings.document.text.places import Path, Positions
from mappings.kpi.promotion import AchievementRun
from mappings.kpi.sources import CsvOptions, PushOptions
from mappings.numbers import count_of
from mappings.practice.double_count import counted_below, counted_issues, same_readings, shared_key_results
from mappings.progress import RULE_OF_KIND
from mappings.rollup.perspective import PERSPECTIVES, perspective_name
from mappings.rollup.rows.weights import COUNTING
from mappings.rollup.state import Cause, KeyResultState, ObjectiveState

FEWEST, MOST = 3, 5
"""Objectives of a team in a cycle, and key results of an objective: few enough to be remembered."""


def lint_document(document: Document, positions: Positions | None = None) -> tuple[Diagnostic, ...]:
    """What the rules themselves let one expect: objectives without measure, end, owner or outcome."""
    report = Report(positions or Positions())
    for index, part in enumerate(document.objectives):
        _lint_rule(document, part, ("objectives", index), report)
    _lint_kpis(document, report)
    return report.diagnostics()


def lint_states(
    states: Iterable[ObjectiveState],
    carried: Mapping[str, int] = MappingProxyType({}),
    read: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> tuple[Diagnostic, ...]:
    """What objectives and key results of one moment let one advise; `path` names the issue, or the team (its project where it has none).

    `carried` is how often an objective was carried forward, by its id; `read` the field that key results stand at, by the rules of
    objective and key result.
    """
    ordered = sorted(
        states, key=lambda state: (state.team or state.project_key, state.cycle_id or "", state.key, state.id)
    )
    found = [*_lint_teams(ordered)]
    for state in ordered:
        found += _lint_state(state)
        found += _lint_carried(state, carried.get(state.id, 0))
    cycles: dict[str, list[ObjectiveState]] = defaultdict(list)
    for state in ordered:
        cycles[state.cycle_id or ""].append(state)
    for each in cycles.values():
        found += _lint_counts(each, read)
    return tuple(found)


def lint_upkeep(found: Iterable[AchievementRun]) -> tuple[Diagnostic, ...]:
    """On key results that were achieved in each of the last closed cycles: KPIs to watch, no longer goals."""
    return tuple(_lint_achieved(one) for one in found)


def _lint_achieved(one: AchievementRun) -> Diagnostic:
    name = one.key_result.key or one.key_result.id
    said = f"{name} {show_value(one.key_result.title)} was achieved in {count_of(one.cycles, 'cycle')}, one after the other"
    return _advice(Code.ALWAYS_ACHIEVED, said, name, "watch it as a KPI, and aim at something else")


def _lint_rule(document: Document, part: ObjectivePart, path: Path, report: Report) -> None:
    if part.cycle is None:
        _advise(
            report,
            Code.NOT_TIME_BOUND,
            f"{show_value(part.id)} has no cycle, so nothing says what to expect when",
            path,
            "add `cycle:`",
        )
    if part.select is None and part.owner is None:
        _advise(report, Code.NOT_OWNED, f"nobody owns {show_value(part.id)}", path, "add `owner:`")
    if not part.key_results:
        if not _is_fed(document, part):
            message = f"nothing measures {show_value(part.id)}: it has no key results, and no objective contributes to it"
            _advise(report, Code.NOT_MEASURABLE, message, path, "add key results that measure it")
        return
    if len(part.key_results) > MOST:
        message = f"{show_value(part.id)} has {count_of(len(part.key_results), 'kind')} of key results"
        _advise(report, Code.MANY_KEY_RESULTS, message, path, f"keep the {FEWEST} to {MOST} that matter most")
    if all(RULE_OF_KIND[progress_kind(rule)].nature == "delivery" for rule in part.key_results):
        message = f"{show_value(part.id)} is measured by its work alone, not by what the work achieves"
        _advise(report, Code.ONLY_OUTPUTS, message, path, "add a key result that measures an outcome")


def _lint_kpis(document: Document, report: Report) -> None:
    """KPIs that nobody owns, that only tell what is over, or that leave a perspective of the balanced scorecard in the dark."""
    for index, kpi in enumerate(document.kpis):
        if kpi.owner is None:
            _advise(
                report, Code.NOT_OWNED, f"nobody owns {show_value(kpi.id)}", ("kpis", index), "add `owner:`"
            )
        first = next((one for one in document.kpis[:index] if one.source == kpi.source), None)
        if first is not None and not isinstance(kpi.source, PushOptions | CsvOptions):
            message = f"{show_value(kpi.id)} and {show_value(first.id)} are read from the same source"
            _advise(report, Code.SAME_SOURCE, message, ("kpis", index, "source"), "keep one of them")
    if document.kpis and all(kpi.indicator == "lagging" for kpi in document.kpis):
        message = "every KPI is lagging: it tells when it is too late to act"
        _advise(report, Code.ONLY_LAGGING, message, ("kpis",), "add one that leads, such as work in progress")
    taken = {perspective_name(kpi.perspective) for kpi in document.kpis if kpi.perspective is not None}
    missing = [one for one in PERSPECTIVES if one not in taken]
    if missing and len(missing) < len(PERSPECTIVES):
        message = f"no KPI looks from the perspective {', '.join(missing)}"
        _advise(report, Code.EMPTY_PERSPECTIVE, message, ("kpis",), "add one, unless it is watched elsewhere")


def _is_fed(document: Document, part: ObjectivePart) -> bool:
    """Whether other objectives may contribute; which ones a link reaches is known to Jira alone."""
    return any(other.aligned_to is not None for other in document.objectives if other is not part)


def _advise(report: Report, code: Code, message: str, path: Path, remedy: str) -> None:
    report.add(code, message, path, severity=Severity.ADVICE, remedy=remedy)


def _lint_teams(states: Sequence[ObjectiveState]) -> Iterator[Diagnostic]:
    teams: dict[tuple[str, str], list[ObjectiveState]] = defaultdict(list)
    for state in states:
        team = state.team or state.project_key
        if team and state.cycle_id:
            teams[team, state.cycle_id].append(state)
    for (team, cycle), found in teams.items():
        number = len(found)
        if number > MOST:
            message = f"{team} has {count_of(number, 'objective')} in {cycle}"
            yield _advice(
                Code.MANY_OBJECTIVES, message, team, f"choose the {FEWEST} to {MOST} that matter most"
            )
        elif number < FEWEST:
            message = f"{team} has {count_of(number, 'objective')} in {cycle}"
            yield _advice(
                Code.FEW_OBJECTIVES, message, team, f"{FEWEST} to {MOST} show where a team is going"
            )


def _lint_state(state: ObjectiveState) -> Iterator[Diagnostic]:
    name = state.key or state.id
    if state.owner is None:
        yield _advice(
            Code.NOT_OWNED, f"nobody owns {name} {show_value(state.title)}", name, "assign it to one person"
        )
    if state.cycle_id is None:
        yield _advice(
            Code.NOT_TIME_BOUND,
            f"{name} {show_value(state.title)} belongs to no cycle",
            name,
            "give it a cycle",
        )
    yield from _lint_number(state, name)
    if state.key_results and all(one.nature == "delivery" for one in state.key_results):
        message = (
            f"{name} {show_value(state.title)} is measured by its work alone, not by what the work achieves"
        )
        yield _advice(Code.ONLY_OUTPUTS, message, name, "add a key result that measures an outcome")
    for one in state.key_results:
        yield from _lint_key_result(one, name)


def _lint_number(state: ObjectiveState, name: str) -> Iterator[Diagnostic]:
    number = len(state.key_results)
    if number > MOST:
        message = f"{name} {show_value(state.title)} has {count_of(number, 'key result')}"
        yield _advice(Code.MANY_KEY_RESULTS, message, name, f"keep the {FEWEST} to {MOST} that matter most")
    elif 0 < number < FEWEST:
        message = f"{name} {show_value(state.title)} has {count_of(number, 'key result')}"
        yield _advice(
            Code.FEW_KEY_RESULTS, message, name, f"{FEWEST} to {MOST} show an objective from all sides"
        )
    elif not number and state.progress is None:
        message = f"nothing measures {name} {show_value(state.title)}"
        yield _advice(Code.NOT_MEASURABLE, message, name, "add key results that measure it")


def _lint_key_result(state: KeyResultState, objective: str) -> Iterator[Diagnostic]:
    name = state.key or state.id
    if state.measurement.cause is Cause.UNKNOWN:
        message = (
            f"{name} {show_value(state.title)} of {objective} cannot be measured: {state.measurement.reason}"
        )
        yield _advice(Code.NOT_MEASURABLE, message, name, "give it what is missing")
    if state.issue_id is not None and state.owner is None:
        yield _advice(
            Code.NOT_OWNED, f"nobody owns {name} {show_value(state.title)}", name, "assign it to one person"
        )

    yield from _lint_reading(state, name, objective)


def _lint_reading(state: KeyResultState, name: str, objective: str) -> Iterator[Diagnostic]:
    measured, said = state.measurement, f"{name} {show_value(state.title)} of {objective}"
    if RULE_OF_KIND[state.kind].by_rows:
        if state.health.rule != "excluded" and not any(
            row.disposition in COUNTING for row in measured.ledger.rows
        ):
            yield _advice(
                Code.NO_WORK, f"{said} has no work that counts", name, "give it work, or leave it out"
            )
    elif measured.cause is Cause.NEVER_MEASURED:
        yield _advice(
            Code.NO_READING, f"{said} was never measured", name, "measure it once, or say what it stands at"
        )
    elif state.health.rule == "stale":
        yield _advice(Code.STALE_READING, f"{said}: {state.health.sentence}", name, "measure it, or check in")


def _lint_carried(state: ObjectiveState, times: int) -> Iterator[Diagnostic]:
    if times > 1:
        name = state.key or state.id
        message = f"{name} {show_value(state.title)} was carried forward {count_of(times, 'time')}"
        yield _advice(
            Code.CARRIED_TWICE, message, name, "cut it down to what one cycle can hold, or give it up"
        )


def _lint_counts(
    states: Sequence[ObjectiveState], read: Mapping[tuple[str, str], str]
) -> Iterator[Diagnostic]:
    """What counts more than once in one cycle; one piece of advice for each set of objectives, not for each issue."""
    among: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in counted_issues(states):
        if one.excess:
            among[tuple(_name(each) for each in one.objectives)].append(one.key or one.id)
    for names, keys in among.items():
        message = f"{_several(keys)} counts under {' and '.join(names)}"
        yield _advice(
            Code.DOUBLE_COUNTED, message, names[0], "let it count under the one that it serves first"
        )
    for above, below, found in counted_below(states):
        message = (
            f"{_several(found)} counts under {_name(above)} and under {_name(below)}, which contributes to it"
        )
        yield _advice(Code.COUNTED_BELOW, message, _name(above), "let it count under one of them")
    for id_, owners in shared_key_results(states).items():
        key_result = next(one for one in owners[0].key_results if one.issue_id == id_)
        name = key_result.key or id_
        message = (
            f"{name} {show_value(key_result.title)} is a key result of {' and '.join(map(_name, owners))}"
        )
        yield _advice(Code.SHARED_KEY_RESULT, message, name, "let it measure one objective")
    for state, title, other in same_readings(states, read):
        message = f"{show_value(title)} and {show_value(other)} of {_name(state)} read the same field of the same issue"
        yield _advice(Code.SAME_READING, message, _name(state), "keep one of them")


def _name(state: ObjectiveState) -> str:
    return state.key or state.id


def _several(keys: Sequence[str]) -> str:
    """`PLAT-1`, or `7 issues (PLAT-1, PLAT-2, PLAT-3 …)`."""
    if len(keys) == 1:
        return keys[0]
    shown_keys = ", ".join(keys[:3])
    return f"each of {count_of(len(keys), 'issue')} ({shown_keys}{' …' if len(keys) > 3 else ''})"


def _advice(code: Code, message: str, path: str, remedy: str) -> Diagnostic:
    return Diagnostic(code=str(code), message=message, path=path, severity=Severity.ADVICE, remedy=remedy)
