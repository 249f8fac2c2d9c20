"""The JSON Schema that editors use for completion and for red lines while a mapping is typed. Checks nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from mappings.document.schema import Document

DIALECT = "https://json-schema.org/draft/2020-12/schema"

DESCRIPTIONS: Mapping[str, str] = {
    "version": "The version of this format: 1.",
    "name": "The name of the mapping: small letters, digits, dots, dashes.",
    "site": "The Jira site this mapping is for.",
    "scope": "JQL: what the connector keeps a copy of. Everything else selects within it.",
    "time_zone": "IANA time zone whose calendar days count; the site's own where it is left out.",
    "fields": "Aliases of Jira fields, by id or by an unambiguous name.",
    "statuses": "How a status becomes a fraction, and what closed issues count as.",
    "by_category": "Fraction by status category: new, indeterminate, done.",
    "by_status": "Fraction by status id or name.",
    "overrides": "Refinements, read from the top; the first that matches decides.",
    "when": "JQL: the issues this override is for; all where it is left out.",
    "excluded": "JQL: closed issues that leave the count; `none` where none does. Writing it replaces the default.",
    "not_achieved": "JQL: closed issues that count as 0.",
    "cycles": "The periods objectives run in: {every: quarter} for those that recur for ever, or a list; both ends are days that count.",
    "every": "Of cycles month, quarter, tertial, half or year, or several: [quarter, year]; ids are 2026-10, 2026-Q4, 2026-T3, 2026-H2, 2026. Of check-ins how far apart they are due: 7d, 2w.",
    "starts": "Month and day on which a year begins, 02-01 for a fiscal year; the year is named by the day on which it begins.",
    "listed": "Cycles that are written down; one stands in the place of the recurring one of the same id.",
    "start": "The first day of a cycle, or where a key result starts: a field alias or a number. Of days of an objective's own, the alias of a date field.",
    "end": "The last day of the cycle; of days of an objective's own, the alias of a date field.",
    "dates": "The objective has days of its own, each in a date field: it runs in the cycle that holds the last of them.",
    "measured": "By what an ended cycle stands until it is closed: the facts of its end, or those of now (close).",
    "stale_after": "A reading older than this makes a key result pending: 14d, 2w.",
    "health": "Thresholds of pace, or how an objective's health is taken from its key results.",
    "on_track": "Pace from which a key result is on track.",
    "at_risk": "Pace from which a key result is at risk; below it is off track.",
    "working_days": "The weekdays that count towards expected progress; all where it is left out.",
    "lock": "So long after its first day a cycle is locked by itself, such as 14d: from then on its objectives and key results keep their terms. Left out: never by itself.",
    "close_after": "So long after its last day a cycle is closed by itself: 21d, 3w, or never.",
    "objectives": "What is an objective, and what measures it.",
    "id": "A name that other parts and the history refer to, or the id of a Jira field.",
    "select": "JQL: which issues are meant.",
    "title": "The title of an objective for which no Jira issue stands.",
    "owner": "The owner of an objective for which no Jira issue stands.",
    "cycle": "The id of a cycle, `current` for the one that runs, or where the issue says which: {label: prefix}, {field: alias}, {version: prefix}, {dates: {start: alias, end: alias}}.",
    "commitment": "committed is achieved at 100 %, aspirational at 70 %.",
    "aligned_to": "The objective this one serves: {link: phrase}, or {objective: id} for one with a title.",
    "contributes": "Whether it moves the number of the objective it is aligned to.",
    "rollup": "How key results become the objective's number.",
    "method": "weighted_mean, mean, minimum, or done_ratio (achieved / measured).",
    "headline": "outcome_first: outcome key results make the headline where there are any; all: every key result does.",
    "same_issue": "What an issue that two key results select counts as.",
    "key_results": "Which issues are key results and how their progress is derived.",
    "relation": "How the issues belong to the objective or parent: child, descendant, {link: …}, {jql: …}, {jql_field: alias}.",
    "link": "The phrase a link shows on the issue, like `contributes to`.",
    "jql": "JQL: the issues, whatever their place in the hierarchy.",
    "jql_field": "Alias of the text field of a key result that holds the JQL of its issues.",
    "field": "A field alias.",
    "label": "What stands before the id of the cycle in a label; empty for the bare id.",
    "as": "one_key_result: the issues together are one; each_issue: each is one.",
    "weight": "A number, a field alias, or several of which the first that is filled counts: [points, story_points]; for delivery also equal or time_estimate.",
    "missing": "What a missing weight is: the mean of its siblings, zero, one, or an error.",
    "subtasks": "selected: they count when selected; through_parent: their mean stands for their parent.",
    "progress": "How progress is derived; `kind` decides what else is written.",
    "kind": "The kind of key result or source.",
    "target": "The value to reach, or what is written to: objective, key_result or row.",
    "rows": "JQL: of the issues below each parent those that are summed; empty for all of them. Stands with `parents`, instead of `target`.",
    "parents": "JQL: issues that are no objective and get sums of their rows; the first rule that selects one has it.",
    "at_least": "The lower bound; it belongs to the band.",
    "at_most": "The upper bound; it belongs to the band.",
    "kpis": "Figures that are watched all the time.",
    "source": "Where a KPI is read from; `kind` decides what else is written.",
    "expr": "Arithmetic over the names of `of`: + - * / ( ), min, max, abs.",
    "of": "The KPIs that a formula reads, each under the name that the formula gives it.",
    "unit": "The unit in words for the reader; percent, hours and days are known.",
    "window": "How far back from the end of the period: 30d, 4w, or period for the period itself.",
    "finish": "last: the last entry into done from not-done, where it is still done; first: the first entry ever.",
    "statistic": "p85 or another percentile, median, mean, min, max or sum.",
    "clock": "elapsed: real time; calendar_days: local days, both ends included; working_hours: what lies in `working`.",
    "working": "The days and hours that count for clock: working_hours.",
    "min_items": "Fewer items are no reading.",
    "category": "The category of the statuses: new, indeterminate or done.",
    "status": "The statuses by name or id.",
    "active": "The statuses in which somebody works on an item; all of the category in progress where it is left out.",
    "url": "Where to ask; its host stands in JIRA_OKR_METRICS__HTTP_HOSTS.",
    "pointer": "The place of the number in the document, as a JSON pointer: /data/0/value.",
    "scale": "What the number is multiplied by.",
    "timeout": "How long to wait for an answer, up to 30s.",
    "connection": "The name under which the settings hold secrets or a database.",
    "issue": "The key or id of the issue; it is followed by its id.",
    "time": "up: the time that was up over the failures; all: the whole window over them.",
    "reopened": "whole: time that an incident was closed before it was opened again is repair too.",
    "query": "What is asked for: PromQL, or one SELECT with :from and :to.",
    "range": "Samples over the window instead of one at its end.",
    "step": "How far apart the samples are: 30s, 5m, 1h.",
    "entry": "first: the first entry ever; last: the last one before the finish.",
    "days": "The days of the week that count: mon, tue, wed, thu, fri, sat, sun.",
    "to": "When the working day ends, in local time: \"17:00\".",
    "direction": "Which way is better: up, down or keep; it follows from the band where it is left out.",
    "healthy": "The band in which the KPI is well; bounds belong to it.",
    "watch": "The wider band between healthy and unhealthy; no watch zone where it is left out.",
    "indicator": "leading foretells, lagging tells afterwards; it groups and decides no number.",
    "perspective": "finance, customer, process, learning, or a word of your own; it groups and decides no number.",
    "cadence": "How long its periods are; each: every reading is a period of its own.",
    "grace": "How long after its end a period is settled: 90m, 1h, 2d.",
    "aggregate": "How the readings of a period become its value.",
    "min_readings": "A period with fewer readings has no data.",
    "targets": "Healthy bands by date.",
    "shape": "step: each point holds until the next; linear: straight lines between them.",
    "points": "The band from a day on, in the order of the days.",
    "from": "The first local day of the band.",
    "promote": "When a KPI out of its band is proposed as a key result.",
    "revert": "When a key result that came of a KPI goes back to being watched.",
    "after": "Settled periods running.",
    "objective": "The id of an objective written in the mapping; for a KPI also an issue key.",
    "mode": "propose waits for a person; create does it.",
    "create": "As what the connector makes the issue of the key result; where it is left out a person makes it and names it.",
    "project": "The project in which it is made, by key or id; that of the objective where it is left out.",
    "write_back": "What is written to Jira: fields, entity properties and links of its issues.",
    "set": "The fields to write, by alias.",
    "app_set": "The fields of the Forge app to write, by alias: the app alone may, those of many issues in one call.",
    "property": "Key of an entity property of the issue that gets values as JSON: jira-okr.rollup, or {key: …, values: […]}.",
    "key": "The key of the entity property: letters, digits, dots, dashes.",
    "values": "What the property holds, by name; the values of `set` where it is left out.",
    "value": "What is written.",
    "round": "Decimals, half away from zero; cut where rounding would reach what is not reached.",
    "unknown": "What an unknown value does to the field: clear it, or leave it.",
    "on_leave": "What becomes of it when the issue or the field leaves the mapping: clear, or leave it.",
    "options": "The select option for each level of health.",
    "check_ins": "Check-ins by comment on key results, who may make them, and when one is due; left out, comments are not read and nothing is due.",
    "on": "The weekday on which check-ins are due.",
    "delivery": "Whether key results that are measured by their issues are due for check-ins too.",
    "who": "Who may check in by comment: owners (the assignees of key result and objective, and editors), anyone, or editors alone.",
    "brake": "When a large plan waits for a person.",
    "tell": "Digests and alerts that people get by themselves, by mail or in a channel.",
    "share": "Share of the written values a plan may change.",
    "floor": "Number of changes up to which no plan waits.",
}  # fmt: skip


class _PlainSchema(GenerateJsonSchema):
    """Numbers are numbers: pydantic would let every one of them be a text too."""

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        return self.float_schema(
            core_schema.float_schema(
                ge=_bound(schema, "ge"), le=_bound(schema, "le"), gt=_bound(schema, "gt")
            )
        )


def json_schema() -> JsonSchemaValue:
    """JSON Schema 2020-12 of a mapping document, every key described."""
    schema = Document.model_json_schema(by_alias=True, schema_generator=_PlainSchema)
    for model in [schema, *schema.get("$defs", {}).values()]:
        for name, described in model.get("properties", {}).items():
            described.pop("title", None)
            described.setdefault("description", DESCRIPTIONS.get(name, ""))
    return {"$schema": DIALECT, **schema, "title": "OKR mapping, version 1"}


def _bound(schema: core_schema.DecimalSchema, name: str) -> float | None:
    bound: Any = schema.get(name)
    return None if bound is None else float(bound)
