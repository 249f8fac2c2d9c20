"""A preset made to fit one site: its projects, types, fields, statuses and options in the place of those the preset was written for.

What a site does not have is left out, and told; what can be created there is listed. Pure: a catalogue in, a text out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.diagnostic import Severity, has_errors
from mappings.document.checks import walk
from mappings.document.choices import alias_uses, chosen_field, scope_choice
from mappings.document.names import link_word
from mappings.document.schema import Document, FieldPart
from mappings.document.text.canonical import export, plain
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import IssueType, JiraValue
from mappings.fields import FieldPurpose, ReadingKind
from mappings.jql import check, parse
from mappings.jql.text.tree import Condition, JqlQuery, JqlValue, ValueGroup, conditions, operands
from mappings.jql.text.words import as_value
from mappings.numbers import count_of
from mappings.rollup.state import HealthLevel
from mappings.write_back.targets import fields_of
from mappings.write_back.values import ValuePart

MARK = "okr"
"""The label by which presets tell objectives from other issues."""
MOST_PROJECTS = 10
"""Projects that are taken where nobody chose any."""
POINTS = re.compile(r"story.?point|\bpoints\b", re.IGNORECASE)
LEVELS = {"initiative": 2, "epic": 1, "story": 0, "task": 0, "bug": 0}
"""Which level of the hierarchy a type of the presets stands for, where a site calls its types otherwise."""
BEST_FIRST = tuple(map(HealthLevel, ("achieved", "on_track", "at_risk", "off_track", "pending", "unknown")))
"""How people list the options of a field of health."""
READ_FROM: Mapping[ReadingKind | None, FieldPurpose] = {
    ReadingKind.NUMBER: FieldPurpose.NUMBER,
    ReadingKind.DATE: FieldPurpose.DAY,
    ReadingKind.TEXT: FieldPurpose.WORDS,
    None: FieldPurpose.WORDS,
}
"""Of which kind a field is made that is read alone."""
EVERY = "(statusCategory != Done OR resolved >= startOfYear())"
"""What runs, or was finished this year: objectives where no label marks them."""


@dataclass(frozen=True, slots=True)
class LackingField:
    """A field that the preset works with and the site does not have: its alias, the name to give it, what for, of which kind to make it,
    and whether the connector would write it."""

    alias: str
    name: str
    use: str
    kind: FieldPurpose
    options: tuple[str, ...] = ()
    written: bool = False


@dataclass(frozen=True, slots=True)
class Adaptation:
    """The text of the fitted mapping, what was changed or left out (sentences for people), and the fields that are not there."""

    text: str
    notes: tuple[str, ...]
    lacking: tuple[LackingField, ...]


def adapt(
    document: Document, catalogue: Catalogue, projects: Sequence[str] = (), *, marked: bool = True
) -> Adaptation:
    """A preset for this site and these projects (keys); all that are seen, up to MOST_PROJECTS, where none are named.

    Unless `marked`, every issue of the type that runs is an objective of the running cycle, label or not.
    """
    value: dict[str, Any] = plain(document)
    work = _Work(catalogue, _projects(catalogue, projects), json.dumps(value, ensure_ascii=False))
    lacking = work.fields(document, value)
    value["scope"] = work.scope(str(value["scope"]))
    work.statuses(value)
    work.objectives(value, marked)
    work.kpis(value)
    work.write_back(value)
    result = read_document(json.dumps(value, ensure_ascii=False))
    if result.document is None or has_errors(result.diagnostics):
        said = "Nothing of this preset is left on this site: take another one, or make in Jira what it works with."
        return Adaptation("", (*work.notes, said), lacking)
    return Adaptation(export(result.document), tuple(work.notes), lacking)


def _projects(catalogue: Catalogue, wanted: Sequence[str]) -> tuple[str, ...]:
    known = {one.key.casefold(): one.key for one in catalogue.projects}
    chosen = tuple(dict.fromkeys(known[key.casefold()] for key in wanted if key.casefold() in known))
    return chosen or tuple(one.key for one in catalogue.projects[:MOST_PROJECTS])


class _Work:
    """Fits the parts of a document one by one, and notes what became of them."""

    def __init__(self, catalogue: Catalogue, projects: tuple[str, ...], preset: str) -> None:
        self.catalogue = catalogue
        self.projects = projects
        self.preset = preset
        self.notes: list[str] = []
        self.gone: set[str] = set()

    def scope(self, written: str) -> str:
        """These projects; what the preset asks besides stays, where the site has it."""
        if len(self.projects) < len(self.catalogue.projects):
            self.notes.append(
                f"It looks at {', '.join(self.projects)}: {len(self.projects)} of {count_of(len(self.catalogue.projects), 'project')}. "
                "Others are added in the scope."
            )
        rest = scope_choice(written).rest
        fitted = self.jql(rest) if rest else ""
        mine = f"project in ({', '.join(map(as_value, self.projects))})"
        return f"{mine} AND {fitted}" if fitted else mine

    def fields(self, document: Document, value: dict[str, Any]) -> tuple[LackingField, ...]:
        """Each alias by the id that its name has here; story points by whatever they are called."""
        lacking: list[LackingField] = []
        uses = alias_uses(document)
        for alias, part in document.fields.items():
            found = self.field_of(part) or (self.points() if alias == "points" else None)
            if found is not None:
                value["fields"][alias] = {"id": found.id, "name": found.name}
                continue
            del value["fields"][alias]
            self.gone.add(alias)
            lacking.append(_lacking(document, alias, part, uses.get(alias, "")))
        return tuple(lacking)

    def field_of(self, part: FieldPart) -> Field | None:
        return chosen_field(part, self.catalogue)

    def points(self) -> Field | None:
        numbers = [one for one in self.catalogue.fields if one.type == "number" and POINTS.search(one.name)]
        if numbers:
            self.notes.append(f"Work is weighed by {numbers[0].name}.")
        return numbers[0] if numbers else None

    def statuses(self, value: dict[str, Any]) -> None:
        statuses = value.get("statuses", {})
        kept = [part for part in statuses.get("overrides", []) if self.override(part)]
        if "overrides" in statuses:
            statuses["overrides"] = kept
        for key in ("excluded", "not_achieved"):
            if key not in statuses:
                continue
            fitted = self.jql(statuses[key])
            if fitted:
                statuses[key] = fitted
            else:
                statuses.pop(key)
                if key == "excluded":
                    statuses[key] = "none"

    def override(self, part: dict[str, Any]) -> bool:
        when = part.get("when")
        known = {one.name.casefold() for one in self.catalogue.statuses} | {
            one.id for one in self.catalogue.statuses
        }
        return (when is None or bool(self.jql(when))) and all(
            name.casefold() in known for name in part["by_status"]
        )

    def objectives(self, value: dict[str, Any], marked: bool) -> None:
        kept = []
        for rule in value.get("objectives", []):
            if self.objective(rule, marked):
                kept.append(rule)
            else:
                self.notes.append(
                    f"Left out: the objectives “{rule['id']}”, for the site has nothing that they select."
                )
        value["objectives"] = kept

    def objective(self, rule: dict[str, Any], marked: bool) -> bool:
        select = rule.get("select")
        if select is not None:
            fitted = self.jql(select)
            if not fitted:
                return False
            if not marked and f"labels = {MARK}" in fitted:
                fitted = fitted.replace(f"labels = {MARK}", EVERY)
                rule["cycle"] = "current"
            rule["select"] = fitted
        aligned = rule.get("aligned_to")
        if isinstance(aligned, dict) and not self.linked(aligned.get("link")):
            rule.pop("aligned_to")
        if "key_results" in rule:
            rule["key_results"] = [one for one in rule["key_results"] if self.key_result(one)]
        return "key_results" not in rule or bool(rule["key_results"])

    def key_result(self, rule: dict[str, Any]) -> bool:
        fitted = self.jql(rule["select"]) if "select" in rule else "all"
        relation = rule.get("relation")
        if isinstance(relation, dict):
            if not self.linked(relation.get("link")) or relation.get("jql_field") in self.gone:
                fitted = ""
            elif "jql" in relation:
                inner = self.jql(relation["jql"])
                fitted = fitted if inner else ""
                relation["jql"] = inner
        if fitted and "select" in rule:
            rule["select"] = fitted
        if isinstance(rule.get("weight"), dict) and rule["weight"].get("field") in self.gone:
            rule.pop("weight")
        progress = rule.get("progress", {})
        if progress.get("weight") in self.gone:
            progress.pop("weight")
            self.notes.append("The site has no story points: each issue counts the same.")
        reads = [one for one in progress.values() if isinstance(one, str) and one in self.gone]
        if fitted and not reads:
            return True
        why = (
            f"the site has no field for {', '.join(sorted(set(reads)))}"
            if reads
            else "the site has nothing that they select"
        )
        self.notes.append(f"Left out: the key results “{rule['id']}”, for {why}.")
        return False

    def kpis(self, value: dict[str, Any]) -> None:
        kept = []
        for kpi in value.get("kpis", []):
            source = kpi.get("source", {})
            asked = [key for key in ("jql", "select") if isinstance(source.get(key), str)]
            fitted = {key: self.jql(source[key]) for key in asked}
            if all(fitted.values()):
                source.update(fitted)
                kept.append(kpi)
            else:
                self.notes.append(
                    f"Left out: the KPI “{kpi['id']}”, for the site has nothing that it counts."
                )
        if "kpis" in value:
            value["kpis"] = kept

    def write_back(self, value: dict[str, Any]) -> None:
        """Only to fields that are there, and only options that they have."""
        kept = []
        ours = [one for rule in value["objectives"] for one in rule.get("key_results", [])]
        by_issue = any(one.get("as") == "each_issue" or one["progress"]["kind"] != "delivery" for one in ours)
        for rule in value.get("write_back", []):
            if rule.get("target") == "key_result" and not by_issue:
                continue
            asked = [key for key in ("rows", "parents") if key in rule]
            fitted = {key: self.jql(rule[key]) for key in asked}
            if not all(fitted.values()):
                continue
            rule.update(fitted)
            targets = {alias: one for alias, one in rule.get("set", {}).items() if alias not in self.gone}
            for alias, one in targets.items():
                self.options(value, alias, one)
            if targets:
                rule["set"] = targets
            else:
                rule.pop("set", None)
            if any(key in rule for key in ("set", "property", "remote_link", "goal")):
                kept.append(rule)
        if value.get("write_back") and not kept:
            self.notes.append("Nothing is written to Jira yet: the fields for it are not there.")
        value["write_back"] = kept

    def options(self, value: dict[str, Any], alias: str, written: Any) -> None:
        field = self.catalogue.field(value["fields"][alias]["id"])
        if field is None or not field.options or not isinstance(written, dict) or "options" not in written:
            return
        known = {one.name.casefold(): one.name for one in field.options}
        written["options"] = {
            level: known[str(name).casefold()]
            for level, name in written["options"].items()
            if str(name).casefold() in known
        }

    def linked(self, phrase: object) -> bool:
        """Whether the site has such links; nothing asked is fine."""
        return not isinstance(phrase, str) or bool(link_word(phrase, self.catalogue.link_types).ids)

    def jql(self, text: str) -> str:
        """The JQL with what the site has; empty where nothing of a condition is left."""
        query = parse(text)
        edits: list[tuple[int, int, str]] = []
        for one in conditions(query.where):
            edit = self.condition(query, one)
            if edit is None:
                return ""
            edits += edit
        for start, end, instead in sorted(edits, reverse=True):
            text = text[:start] + instead + text[end:]
        errors = [one for one in check(text, self.catalogue) if one.severity is Severity.ERROR]
        return "" if errors else text

    def condition(self, query: JqlQuery, one: Condition) -> list[tuple[int, int, str]] | None:
        """What has to change in a condition; None where nothing of it is left."""
        known = self.known(str(one.field).lower())
        if known is None or one.operand is None or one.operator.name not in ("=", "in"):
            return []
        values = [value for value in operands(one.operand) if isinstance(value, JqlValue)]
        lost = [value for value in values if value.text.casefold() not in known]
        if not lost or len(values) < len(list(operands(one.operand))):
            return []
        kept = [query.text[value.start : value.end] for value in values if value not in lost]
        kept += map(as_value, self.instead(str(one.field).lower(), lost, kept))
        if not kept:
            return None
        if len(kept) == 1 and not isinstance(one.operand, ValueGroup):
            return [(one.operand.start, one.operand.end, kept[0])]
        return [
            (
                one.operator.start,
                one.operator.end,
                "in" if query.text[one.operator.start - 1] == " " else " in ",
            ),
            (one.operand.start, one.operand.end, f"({', '.join(kept)})"),
        ]

    def known(self, field: str) -> frozenset[str] | None:
        """The names that the site has for a field of JQL, folded; None for a field whose values nobody lists."""
        lists: dict[str, Iterable[JiraValue | IssueType]] = {
            "resolution": self.catalogue.resolutions,
            "priority": self.catalogue.priorities,
            "issuetype": self.catalogue.issue_types,
            "type": self.catalogue.issue_types,
        }
        if field == "project":
            return frozenset(key.casefold() for key in self.projects)
        found = lists.get(field)
        return None if found is None else frozenset(one.name.casefold() for one in found)

    def instead(self, field: str, lost: Sequence[JqlValue], kept: Sequence[str]) -> list[str]:
        """Types of the same level where the site calls them otherwise, but for those that the preset names itself.

        Where the site has most of what the preset says, the rest is taken for missing, and told.
        """
        if field not in ("issuetype", "type"):
            return []
        levels = {LEVELS[one.text.casefold()] for one in lost if one.text.casefold() in LEVELS}
        found = list(
            dict.fromkeys(
                one.name
                for one in self.catalogue.issue_types
                if one.level in levels and not re.search(rf"\b{re.escape(one.name)}\b", self.preset)
            )
        )
        if not found:
            return []
        said = f"Where the preset says {', '.join(one.text for one in lost)}, the site"
        if len(kept) > len(lost):
            self.notes.append(f"{said} has {', '.join(found)}, which do not count: name those that should.")
            return []
        self.notes.append(f"{said} says {', '.join(found)}.")
        return found


def _lacking(document: Document, alias: str, part: FieldPart, use: str) -> LackingField:
    name = part.name or alias.replace("_", " ")
    for rule in document.write_back:
        for _, one, target in fields_of(rule):
            if one == alias:
                kind, *_ = target.what.held_by
                options = _options(target) if kind is FieldPurpose.CHOICE else ()
                return LackingField(alias, name, use, kind, options=options, written=True)
    wanted = (one.wanted for one in walk.alias_uses(document) if one.alias == alias)
    return LackingField(alias, name, use, READ_FROM[next(wanted, None)])


def _options(part: ValuePart) -> tuple[str, ...]:
    wanted = part.wanted_options
    return tuple(dict.fromkeys(wanted[level] for level in BEST_FIRST if level in wanted))
