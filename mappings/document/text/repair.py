"""Finds what else is wrong in a document whose shape is broken: the broken parts are replaced by harmless ones, for this once."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from mappings.diagnostic import Diagnostic
from mappings.document.calendar import PERIODS
from mappings.document.checks.codes import Code
from mappings.document.checks.report import Report
from mappings.document.checks.validation import find_faults
from mappings.document.schema import Document, WriteBackPart
from mappings.document.text.places import Path, path_text
from mappings.document.text.shape import report_shape
from mappings.progress import PROGRESS_RULES
from mappings.progress.options import FIRST_DAY, FieldAlias, Jql, list_marks
from mappings.write_back.targets import WRITE_TARGETS

ROUNDS = 4
MARK = "?"
"""Stands for a name nobody can know; findings about it are not the writer's fault."""
MARKED = f'project = "{MARK}"'

BARE = next(
    rule.kind
    for rule in PROGRESS_RULES
    if [name for name, option in rule.options.model_fields.items() if option.is_required()] == ["kind"]
)
"""A kind of key result for which nothing else has to be written."""

_KEYS: dict[str, object] = {
    "version": 1,
    "name": "placeholder",
    "scope": MARKED,
    "link": MARK,
    "field": MARK,
    "label": MARK,
    "jql": MARKED,
    "jql_field": MARK,
    "every": list(PERIODS),
    "healthy": {"at_least": 0},
    "source": {"kind": "jql_count", "jql": MARKED},
    "progress": {"kind": BARE},
    "kind": BARE,
} | {
    name: stand_in
    for kind, stand_in in ((FieldAlias, MARK), (Jql, MARKED))
    for rule in PROGRESS_RULES
    for name, _ in list_marks(rule.options, kind)
    if name in rule.options.model_fields and rule.options.model_fields[name].is_required()
}
_WRITTEN: dict[str, object] = {
    "target": "objective",
    "rows": MARKED,
    "parents": MARKED,
    **{
        name: WriteBackPart.model_fields[name].default
        for name in ("relation", "weight", "missing", "on_leave")
    },
    **{one.option: one.shape[1] for one in WRITE_TARGETS},
}
_SEVERAL = frozenset(one.option for one in WRITE_TARGETS if one.several)
_ITEMS: dict[str, dict[str, object]] = {
    "objectives": {"title": MARK},
    "key_results": {"progress": {"kind": BARE}},
    "kpis": {"name": MARK, "source": {"kind": "jql_count", "jql": MARKED}, "healthy": {"at_least": 0}},
    "write_back": {"target": "objective", "set": {}},
    "overrides": {},
}
_ABSENCES = (
    Code.OBJECTIVE_WITHOUT_SELECT,
    Code.TARGET_OR_BY,
    Code.NO_BOUND,
    Code.AMOUNT_OR_PERCENT,
    Code.OPTION_WITHOUT_EFFECT,
)


def still_to_say(plain: dict[str, object], shape: Report) -> list[tuple[Path, Diagnostic]]:
    """Findings of the cross-reference checks that do not merely follow from the broken shape."""
    broken = [_culprit(path, diagnostic) for path, diagnostic in shape.found]
    document = _repaired(plain, broken)
    if document is None:
        return []
    report = Report(shape.positions)
    find_faults(document, report)
    return [(path, diagnostic) for path, diagnostic in report.found if not _follows(path, diagnostic, broken)]


def _culprit(path: Path, diagnostic: Diagnostic) -> Path:
    """What has to be replaced. A cycle is one whole, and so is what is written to one place: half of it tells nothing."""
    culprit = (*path, str(diagnostic.value)) if diagnostic.code == Code.MISSING_KEY else path
    if culprit[:2] == ("cycles", "listed") and len(culprit) > 2:
        return culprit[:3]
    if culprit[:1] == ("cycles",) and len(culprit) > 1:
        return culprit[:2]
    if culprit[:1] == ("kpis",) and len(culprit) > 3 and culprit[2] in ("source", "targets"):
        return culprit[:3]
    if culprit[:1] == ("write_back",) and len(culprit) > 3:
        return culprit[:4] if culprit[2] in _SEVERAL else culprit[:3]
    return culprit


def _follows(path: Path, diagnostic: Diagnostic, broken: Iterable[Path]) -> bool:
    if str(diagnostic.value).startswith(MARK):
        return True
    if diagnostic.code == Code.NOTHING_WRITTEN:
        return True
    if diagnostic.code == Code.NOTHING_TO_RELATE and any(
        len(bad) == 3 and bad[:2] == path[:2] for bad in broken
    ):
        return True  # the key that is not known may be the `select` that is missing
    absent = diagnostic.code in _ABSENCES
    return any(path[: len(bad)] == bad or (absent and bad[: len(path)] == path) for bad in broken)


def _repaired(plain: dict[str, object], broken: list[Path]) -> Document | None:
    repaired = copy.deepcopy(plain)
    paths = broken
    for _ in range(ROUNDS):
        for path in sorted(dict.fromkeys(paths), key=len, reverse=True):
            _mend(repaired, path)
        try:
            return Document.model_validate(repaired)
        except ValidationError as error:
            again = Report()
            report_shape(error, repaired, again)
            paths = [_culprit(path, diagnostic) for path, diagnostic in again.found]
            broken.extend(paths)
    return None


def _mend(plain: dict[str, object], path: Path) -> None:
    parent: Any = plain
    for part in path[:-1]:
        if not _holds(parent, part):
            return
        parent = parent[part]
    if not path:
        return
    last = path[-1]
    if isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        parent[last] = _item(path, parent[last])
    elif isinstance(parent, dict):
        _mend_key(parent, path)


def _mend_key(parent: dict[str, object], path: Path) -> None:
    name = str(path[-1])
    if path[:-1] == ("fields",):
        parent[name] = {"id": MARK + name}
    elif path[:1] == ("write_back",):
        parent[name] = _WRITTEN.get(name, {"value": "progress"})
    elif name == "id":
        parent[name] = MARK + path_text(path)
    elif name == "objectives":
        parent[name] = [_item((name, 0), None)]
    elif name in _KEYS and parent.get(name) != _KEYS[name]:
        parent[name] = copy.deepcopy(_KEYS[name])
    else:
        parent.pop(name, None)


def _item(path: Path, value: object) -> Any:
    name = str(path[-2])
    number = int(path[-1])
    known = value if isinstance(value, dict) else {}
    if path[0] == "cycles" and name in ("cycles", "listed"):
        day = FIRST_DAY + timedelta(days=number)
        id_ = known.get("id")
        return {"id": id_ if isinstance(id_, str) else MARK + str(number), "start": day, "end": day}
    if name in _ITEMS:
        return copy.deepcopy(_ITEMS[name]) | (
            {} if name in ("write_back", "overrides") else {"id": MARK + path_text(path)}
        )
    return "mon" if name == "working_days" else MARK


def _holds(data: object, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
