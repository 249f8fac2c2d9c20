"""Cross-references and contradictions of a document, found without a Jira. What the live catalogue knows is asked in `live`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from mappings.diagnostic import Diagnostic, did_you_mean
from mappings.digest.recipient import OWNERS
from mappings.document.calendar import Calendar, calendar_of
from mappings.document.checks.codes import Code
from mappings.document.checks.jql import check_jql, check_scope
from mappings.document.checks.kpis import check_kpis
from mappings.document.checks.progress import check_progress
from mappings.document.checks.report import Report, show_value
from mappings.document.checks.walk import alias_uses, jql_texts, key_results, listed_cycles, progress_kind
from mappings.document.checks.write_back import check_write_back
from mappings.document.plain_parents import parent_rules
from mappings.document.schema import (
    CURRENT,
    AlignmentPart,
    CyclePart,
    CyclesPart,
    Document,
    JqlRelation,
    KeyResultPart,
    ObjectivePart,
    Weight,
)
from mappings.document.text.intention import number_in
from mappings.document.text.places import Path, Positions
from mappings.facts.catalogue import Catalogue
from mappings.facts.moment import WEEKDAYS
from mappings.numbers import exact
from mappings.progress import RULE_OF_KIND

EXAMPLE_YEAR = 2026
"""Of this year an id of a recurring cycle is shown, for what ids look like."""


def validate(document: Document, positions: Positions | None = None) -> tuple[Diagnostic, ...]:
    """Everything that is wrong inside a document of the right shape, all at once, in text order where positions are known."""
    report = Report(positions or Positions())
    find_faults(document, report)
    return report.diagnostics()


def find_faults(document: Document, report: Report, catalogue: Catalogue | None = None) -> None:
    """Adds every finding of `validate` to a report; names in JQL are checked where a catalogue is at hand."""
    _check_time_zone(document, report)
    _check_fields(document, report)
    _check_statuses(document, report)
    _check_cycles(document, report)
    _check_purpose(document, report)
    for index, objective in enumerate(document.objectives):
        _check_objective(document, objective, ("objectives", index), report)
    _check_circles(document, report)
    for path, objective, part in key_results(document):
        _check_key_result(objective, part, path, report)
    check_kpis(document, report)
    _check_ids(document, report)
    _check_told(document, report)
    _check_aliases(document, report)
    check_write_back(document, report)
    for path, text in jql_texts(document):
        check_jql(text, path, catalogue or Catalogue(), report)
    check_scope(document.scope, catalogue or Catalogue(), report)


def zone_of(name: str) -> ZoneInfo | None:
    """The time zone with this IANA name, or None."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def _check_time_zone(document: Document, report: Report) -> None:
    name = document.time_zone
    if name is not None and zone_of(name) is None:
        message = f"{show_value(name)} is no time zone"
        remedy = "write an IANA name like Europe/Berlin, or leave it out for the site's own"
        report.add(Code.UNKNOWN_TIME_ZONE, message, ("time_zone",), value=name, remedy=remedy)


def _check_fields(document: Document, report: Report) -> None:
    owner: dict[str, str] = {}
    for alias, part in document.fields.items():
        path = ("fields", alias)
        if part.id is None and part.name is None:
            remedy = "write `id: customfield_…`, or `name:` as Jira shows it"
            report.add(
                Code.FIELD_WITHOUT_ID,
                f"the field {show_value(alias)} has neither id nor name",
                path,
                remedy=remedy,
            )
            continue
        identity = part.id or f"name {str(part.name).casefold()}"
        first = owner.setdefault(identity, alias)
        if first != alias:
            message = f"{show_value(alias)} and {show_value(first)} are the same field"
            report.add(
                Code.DUPLICATE_FIELD,
                message,
                path,
                value=part.id or part.name,
                remedy="keep one alias and use it everywhere",
            )


def _check_statuses(document: Document, report: Report) -> None:
    for index, override in enumerate(document.statuses.overrides):
        if not override.by_status and not override.by_category:
            path = ("statuses", "overrides", index)
            message, remedy = (
                "this override changes nothing",
                "write `by_status` or `by_category`, or remove it",
            )
            report.warn(Code.OPTION_WITHOUT_EFFECT, message, path, remedy=remedy)
        spelt: dict[str, str] = {}
        for name in override.by_status:
            first = spelt.setdefault(" ".join(name.casefold().split()), name)
            if first != name:
                place: Path = ("statuses", "overrides", index, "by_status", name)
                message = f"{show_value(first)} and {show_value(name)} are the same status, for Jira too"
                report.add(
                    Code.DUPLICATE_KEY, message, place, value=name, remedy="keep one of them", key=True
                )


def _check_cycles(document: Document, report: Report) -> None:
    cycles = document.cycles
    if isinstance(cycles, CyclesPart):
        _check_pace(cycles, ("cycles",), report)
    for path, cycle in listed_cycles(document):
        if cycle.end < cycle.start:
            message = f"the cycle ends on {cycle.end}, before it starts on {cycle.start}"
            report.add(
                Code.INVERTED_CYCLE, message, (*path, "end"), value=cycle.end, remedy="exchange the two days"
            )
        _check_pace(cycle, path, report)
    _check_overlaps(document, report)


def _check_pace(part: CyclePart | CyclesPart, path: Path, report: Report) -> None:
    if not 0 <= part.health.at_risk < part.health.on_track:
        message = (
            f"at_risk {part.health.at_risk} has to be below on_track {part.health.on_track}, and not below 0"
        )
        remedy = "pace at or above on_track is on track, at or above at_risk is at risk"
        report.add(
            Code.INVERTED_THRESHOLDS,
            message,
            (*path, "health"),
            value=part.health.at_risk,
            remedy=remedy,
        )
    if part.working_days is not None and not part.working_days:
        message = "a cycle without working days never advances"
        report.add(
            Code.TOO_FEW,
            message,
            (*path, "working_days"),
            valid=WEEKDAYS,
            remedy="name the days, or leave it out",
        )


def _check_overlaps(document: Document, report: Report) -> None:
    """A quarter inside a year is fine; two cycles that cross are most likely a slip of the pen."""
    calendar = calendar_of(document)
    listed = list(listed_cycles(document))
    for place, (path, cycle) in enumerate(listed):
        if cycle.end < cycle.start:
            continue
        before = [other for _, other in listed[:place]]
        by_rule = [one for one in calendar.between(cycle.start, cycle.end) if one.id not in calendar.listed]
        for other in (*before, *by_rule):
            if _cross(cycle, other):
                _report_overlap(other, cycle, path, cycle.id, report)
    crossing = _rules_that_cross(calendar)
    if crossing is not None:
        _report_overlap(*crossing, ("cycles", "every"), crossing[1].id, report)


def _rules_that_cross(calendar: Calendar) -> tuple[CyclePart, CyclePart] | None:
    """The first two cycles of rules that cross, where some do: what a year does, every year does."""
    year = [
        one for one in calendar.between(date(2000, 1, 1), date(2001, 12, 31)) if one.id not in calendar.listed
    ]
    pairs = ((other, one) for place, one in enumerate(year) for other in year[:place])
    return next((pair for pair in pairs if _cross(*pair)), None)


def _cross(one: CyclePart, other: CyclePart) -> bool:
    shared = max(one.start, other.start) <= min(one.end, other.end)
    inside = (one.start - other.start).days * (one.end - other.end).days <= 0
    return shared and not inside


def _report_overlap(one: CyclePart, other: CyclePart, path: Path, value: str, report: Report) -> None:
    message = f"the cycles {show_value(one.id)} and {show_value(other.id)} overlap"
    remedy = "correct the days, unless both are meant to run side by side"
    report.warn(Code.OVERLAPPING_CYCLES, message, path, value=value, remedy=remedy)


def _check_purpose(document: Document, report: Report) -> None:
    """A mapping has objectives, or writes sums to plain parents."""
    if not document.objectives and not any(parent_rules(document)):
        message = (
            "this mapping has no objectives, and no rule of `write_back` that writes sums to plain parents"
        )
        remedy = "write what is an objective, or `write_back` with `rows:` and `parents:`"
        report.add(Code.TOO_FEW, message, ("objectives",), remedy=remedy)


def _check_objective(document: Document, objective: ObjectivePart, path: Path, report: Report) -> None:
    if objective.select is None and objective.title is None:
        remedy = "write `select:` with JQL, or `title:` for an objective for which no issue stands"
        message = f"the objective {show_value(objective.id)} has neither `select` nor `title`"
        report.add(Code.OBJECTIVE_WITHOUT_SELECT, message, path, remedy=remedy)
    if objective.select is not None and objective.title is not None:
        message = f"the objective {show_value(objective.id)} has both `select` and `title`"
        report.add(
            Code.OBJECTIVE_WITH_BOTH,
            message,
            (*path, "title"),
            value=objective.title,
            remedy="keep one of them",
        )
    if objective.select is not None and objective.owner is not None:
        message = "the owner of a selected objective is the assignee of its issue; `owner` has no effect"
        report.warn(
            Code.OPTION_WITHOUT_EFFECT,
            message,
            (*path, "owner"),
            value=objective.owner,
            remedy="remove it",
        )
    _check_cycle_of(document, objective, path, report)
    _check_alignment(document, objective, path, report)


WRITE_CYCLES = "write `cycles: {every: quarter}`, or list the cycles under `cycles`"


def _check_cycle_of(document: Document, objective: ObjectivePart, path: Path, report: Report) -> None:
    calendar, named = calendar_of(document), objective.cycle
    inner = (*path, "cycle")
    if isinstance(named, str):
        if not calendar:
            message = f"the cycle {show_value(named)} is not known: `cycles` gives none"
            report.add(Code.UNKNOWN_CYCLE, message, inner, value=named, remedy=WRITE_CYCLES)
        elif named != CURRENT and calendar.get(named) is None:
            known = (*calendar.listed, *_ids_by_rule(calendar), CURRENT)
            remedy = "add it under `cycles`, or name one that is there"
            report.unknown(Code.UNKNOWN_CYCLE, "the cycle", named, known, inner, remedy)
    elif named is not None and not calendar:
        message = "the cycle is read from the issue, but `cycles` gives none"
        report.add(Code.UNKNOWN_CYCLE, message, inner, remedy=WRITE_CYCLES)


def _ids_by_rule(calendar: Calendar) -> tuple[str, ...]:
    """What the ids of the rules look like: those of one year for each period."""
    return tuple(one.period.write(EXAMPLE_YEAR, 12 // one.period.months) for one in calendar.recurrences)


def _check_alignment(document: Document, objective: ObjectivePart, path: Path, report: Report) -> None:
    target = objective.aligned_to
    if isinstance(target, AlignmentPart):
        _check_alignment_target(document, objective, target, (*path, "aligned_to"), report)
        _check_weight(target.weight, (*path, "aligned_to", "weight"), report)
        if target.weight is not None and not target.contributes:
            message = "`weight` has no effect without `contributes: true`"
            inner = (*path, "aligned_to", "weight")
            report.warn(
                Code.OPTION_WITHOUT_EFFECT,
                message,
                inner,
                remedy="remove it, or add `contributes: true`",
            )
    elif target is not None:
        _check_named_alignment(document, objective, target.removeprefix("@"), (*path, "aligned_to"), report)


def _check_alignment_target(
    document: Document, objective: ObjectivePart, aligned: AlignmentPart, path: Path, report: Report
) -> None:
    """Exactly one of a link phrase and an objective that is written here."""
    if (aligned.link is None) == (aligned.objective is None):
        message = "an alignment goes either by the phrase of a link or to an objective that is written here"
        valid = ("{link: phrase}", "{objective: id}")
        report.add(Code.LINK_OR_OBJECTIVE, message, path, valid=valid, remedy="write exactly one of the two")
        return
    inner = (*path, "objective")
    target = (aligned.objective or "").removeprefix("@")
    if aligned.objective is None or _is_itself(objective, target, inner, report):
        return
    written = [part.id for part in document.objectives if part.title is not None]
    if target not in written:
        remedy = "name an objective that has a `title`"
        report.unknown(Code.UNKNOWN_OBJECTIVE, "the written objective", target, written, inner, remedy)


def _is_itself(objective: ObjectivePart, target: str, path: Path, report: Report) -> bool:
    if target != objective.id:
        return False
    message = f"the objective {show_value(target)} is aligned to itself"
    report.add(Code.ALIGNED_TO_ITSELF, message, path, value=target, remedy="name another objective")
    return True


def _named_above(objective: ObjectivePart) -> str | None:
    """The id of the objective it names, or of what may be one."""
    aligned = objective.aligned_to
    named = aligned.objective if isinstance(aligned, AlignmentPart) else aligned
    return None if named is None else named.removeprefix("@")


def _check_named_alignment(
    document: Document, objective: ObjectivePart, target: str, path: Path, report: Report
) -> None:
    """A bare text is an objective written in the document, or else the phrase of a link."""
    if _is_itself(objective, target, path, report):
        return
    written = [part.id for part in document.objectives if part.title is not None]
    selected = [part.id for part in document.objectives if part.select is not None]
    near = did_you_mean(target, written)
    if target not in written and (target in selected or near):
        known = "selects its objectives from Jira" if target in selected else f"is not written here; {near}"
        message = f"{show_value(target)} {known}: as it stands, it is read as the phrase of a link"
        remedy = "name an objective that has a `title`, or write {link: phrase}"
        report.warn(Code.UNKNOWN_OBJECTIVE, message, path, value=target, valid=written, remedy=remedy)


def _check_circles(document: Document, report: Report) -> None:
    above = {part.id: _named_above(part) for part in document.objectives}
    for index, part in enumerate(document.objectives):
        way = [part.id]
        while (upper := above.get(way[-1])) is not None and upper not in way:
            way.append(upper)
        if upper == part.id and len(way) > 1:
            message = f"the objectives are aligned in a circle: {' → '.join([*way, part.id])}"
            report.add(
                Code.ALIGNED_IN_A_CIRCLE,
                message,
                ("objectives", index, "aligned_to"),
                value=upper,
                remedy="break it at one of them",
            )


def _check_key_result(objective: ObjectivePart, part: KeyResultPart, path: Path, report: Report) -> None:
    check_progress(part.progress, (*path, "progress"), report)
    _check_weight(part.weight, (*path, "weight"), report)
    kind = progress_kind(part)
    if not RULE_OF_KIND[kind].by_rows:
        _check_single(part, kind, path, report)
    if objective.select is None and not isinstance(part.relation, JqlRelation):
        message = f"no issue stands for {show_value(objective.id)}, so no issue is related to one"
        remedy = "write `relation: {jql: …}`, or select the objective from Jira"
        report.add(Code.NOTHING_TO_RELATE, message, (*path, "relation"), valid=("{jql: JQL}",), remedy=remedy)


def _check_single(part: KeyResultPart, kind: str, path: Path, report: Report) -> None:
    """Options that only make sense where issues together are one key result."""
    if part.as_ == "one_key_result":
        message = f"a key result of the kind {show_value(kind)} takes the fields of one issue, so this works for one issue only"
        remedy = "write `as: each_issue`, or leave it out"
        report.warn(
            Code.AS_UNSUPPORTED, message, (*path, "as"), value=part.as_, valid=("each_issue",), remedy=remedy
        )
    if part.subtasks == "through_parent":
        message = f"`subtasks` has no effect on a key result of the kind {show_value(kind)}"
        report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, "subtasks"), remedy="remove it")


def _check_weight(weight: Weight | None, path: Path, report: Report) -> None:
    if isinstance(weight, Decimal) and weight < 0:
        report.add(
            Code.NEGATIVE_WEIGHT,
            f"a weight of {weight} is below 0",
            path,
            value=weight,
            remedy="write 0 or more",
        )


def _check_ids(document: Document, report: Report) -> None:
    listed = ("cycles", "listed") if isinstance(document.cycles, CyclesPart) else ("cycles",)
    _check_unique("cycle", listed, (cycle.id for _, cycle in listed_cycles(document)), report)
    ids = [*(part.id for part in document.objectives), *(part.id for _, _, part in parent_rules(document))]
    _check_unique("objective", ("objectives",), ids, report)
    _check_unique("KPI", ("kpis",), (kpi.id for kpi in document.kpis), report)
    _check_unique("digest", ("tell",), (part.id for part in document.tell), report)
    for index, objective in enumerate(document.objectives):
        path = ("objectives", index, "key_results")
        _check_unique("key result", path, (part.id for part in objective.key_results), report)


ONLY = {"week": ("about",), "change": ("on", "at", "empty"), "due": ("on", "about", "empty")}
"""What has no effect on a digest, on an alert, and on a reminder."""
TOLD_EVERY = {"week": "every week", "change": "at every change", "due": "where check-ins are due"}


def _check_told(document: Document, report: Report) -> None:
    for index, part in enumerate(document.tell):
        path, quiet = ("tell", index), part.quiet
        for name in ONLY[part.every]:
            if name in part.model_fields_set:
                message = f"`{name}` has no effect on what is told {TOLD_EVERY[part.every]}"
                report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, name), remedy="remove it")
        if part.every != "due" and OWNERS in part.to:
            message = "only reminders go to owners"
            remedy = "write every: due, or whom it goes to, such as mail:lead@example.org"
            report.add(Code.WRONG_VALUE, message, (*path, "to"), value=OWNERS, remedy=remedy)
        if part.every == "due" and document.check_ins is None:
            message = "nothing is ever due here: the mapping asks for no check-ins"
            remedy = "write check_ins: {every: 7d, on: fri}, or remove the reminder"
            report.warn(Code.OPTION_WITHOUT_EFFECT, message, (*path, "every"), remedy=remedy)
        if quiet is not None and (quiet.from_ is None) != (quiet.to is None):
            missing = "from" if quiet.from_ is None else "to"
            message = f"quiet hours need `{missing}` too"
            remedy = f"write {missing}, such as {'18:00' if missing == 'from' else '08:00'}"
            report.add(Code.MISSING_KEY, message, (*path, "quiet"), remedy=remedy)


def _check_unique(what: str, path: Path, ids: Iterable[str], report: Report) -> None:
    seen: set[str] = set()
    for index, id_ in enumerate(ids):
        if id_ in seen:
            message = f"there is already a {what} with the id {show_value(id_)}"
            report.add(
                Code.DUPLICATE_ID, message, (*path, index, "id"), value=id_, remedy="give it an id of its own"
            )
        seen.add(id_)


def _instead_of_alias(written: str, path: Path) -> str:
    """What to write where a word that is no alias stands for a field or a number."""
    if exact(written) is not None:
        return "leave the quotes out for a number"
    meant = number_in(written)
    if not meant:
        return "add the alias under `fields`, or use one that is there"
    if written.rstrip().endswith("%") and path[-2:] == ("by", "amount"):
        return f"write {{percent: {meant}}} for {written.strip()} of the start"
    return f"write {meant}"


def _check_aliases(document: Document, report: Report) -> None:
    for use in alias_uses(document):
        if use.alias not in document.fields:
            remedy = _instead_of_alias(use.alias, use.path)
            known = (*document.fields, *use.words)
            report.unknown(Code.UNKNOWN_ALIAS, "the field alias", use.alias, known, use.path, remedy)
