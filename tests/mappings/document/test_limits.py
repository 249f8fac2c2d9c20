"""How little and how much each key of a mapping takes, and what it is where it is left out: every figure, literally.

They are written in `mappings.document.schema`, `mappings.document.part`, `mappings.kpi.sources`, `mappings.progress.options`, beside each rule
(`mappings.progress.delivery`, `mappings.progress.milestone` …) and each target (`mappings.write_back.targets.entity_property`,
`mappings.write_back.targets.field`, `mappings.write_back.targets.goal`, `mappings.write_back.values`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from mappings.document.schema import Document
from mappings.progress.delivery import DeliveryOptions
from mappings.progress.options import KpiCurrent, TargetDistance

LIMITS = (
    *("minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "default"),
)
EVERY = """\
AlignmentPart.contributes: default False
AlignmentPart.weight: minimum -1e15, maximum 1e15, minItems 1, maxItems 10
BandPart.at_least: minimum -1e15, maximum 1e15
BandPart.at_most: minimum -1e15, maximum 1e15
BaselineOptions.start: minimum -1e15, maximum 1e15
BaselineOptions.target: minimum -1e15, maximum 1e15
BrakePart.floor: minimum 0, maximum 1000000, default 10
BrakePart.share: minimum 0, maximum 1
CheckInsPart.delivery: default False
CoveragePart.weight: minItems 1, maxItems 10
CreatePart.type: minLength 1
CycleTimeOptions.min_items: minimum 1, maximum 1000000, default 1
CyclesPart.every: minItems 1, maxItems 5
CyclesPart.listed: maxItems 200
DecreaseOptions.start: minimum -1e15, maximum 1e15
DecreaseOptions.target: minimum -1e15, maximum 1e15
DeliveryOptions.count_to: minimum -1e15, maximum 1e15, exclusiveMinimum 0
DeliveryOptions.weight: minItems 1, maxItems 10
EndPart.status: minItems 1
FlowEfficiencyOptions.active: minItems 1
FlowEfficiencyOptions.min_items: minimum 1, maximum 1000000, default 1
FormulaOptions.of: minProperties 1, maxProperties 200
GoalPart.goals: maxProperties 200
HttpJsonOptions.pointer: maxLength 1000
HttpJsonOptions.scale: minimum -1e15, maximum 1e15
HttpJsonOptions.url: maxLength 2000
IncreaseOptions.start: minimum -1e15, maximum 1e15
IncreaseOptions.target: minimum -1e15, maximum 1e15
KeyResultPart.weight: minimum -1e15, maximum 1e15, minItems 1, maxItems 10
KpiPart.min_readings: minimum 1, maximum 10000, default 1
LeadTimeOptions.min_items: minimum 1, maximum 1000000, default 1
MttrOptions.min_items: minimum 1, maximum 1000000, default 1
ObjectivePart.key_results: maxItems 200
OverridePart.by_category[]: minimum 0, maximum 1
OverridePart.by_status: maxProperties 200
OverridePart.by_status[]: minimum 0, maximum 1
PerspectiveLabel.label: minLength 1
PointPart.at_least: minimum -1e15, maximum 1e15
PointPart.at_most: minimum -1e15, maximum 1e15
PrometheusOptions.query: minLength 1, maxLength 10000
PrometheusOptions.url: maxLength 2000
PromotePart.after: minimum 1, maximum 1000, default 3
PropertyPart.round: minimum 0, maximum 6, default 0
PropertyPart.values: maxItems 200
QuietPart.days: maxItems 6
RevertPart.after: minimum 1, maximum 1000, default 5
SqlOptions.query: maxLength 10000
StartPart.status: minItems 1
StatusesPart.by_category[]: minimum 0, maximum 1
StatusesPart.overrides: maxItems 200
TargetDistance.amount: minimum -1e15, maximum 1e15
TargetDistance.percent: minimum -1e15, maximum 1e15
TargetsPart.points: minItems 1, maxItems 200
TeamPart.names: maxProperties 200
TellPart.about: minItems 1, maxItems 3
TellPart.to: minItems 1, maxItems 200
ThresholdOptions.at_least: minimum -1e15, maximum 1e15
ThresholdOptions.at_most: minimum -1e15, maximum 1e15
ThresholdOptions.start: minimum -1e15, maximum 1e15
ThresholdOptions.tolerance: minimum -1e15, maximum 1e15
ThresholdsPart.at_risk: minimum 0, maximum 2
ThresholdsPart.on_track: minimum 0, maximum 2
TransitionOptions.start: minimum -1e15, maximum 1e15
TransitionOptions.target: minimum -1e15, maximum 1e15
ValuePart.round: minimum 0, maximum 6, default 0
WeightPart.field: minItems 1, maxItems 10
WorkItemAgeOptions.min_items: minimum 1, maximum 1000000, default 1
WorkingPart.days: minItems 1
WriteBackPart.app_set: maxProperties 200
WriteBackPart.set: maxProperties 200
WriteBackPart.weight: minItems 1, maxItems 10
cycles: maxItems 200
fields: maxProperties 200
kpis: maxItems 200
objectives: maxItems 200
tell: maxItems 200
write_back: maxItems 200
"""


def limits(node: Any, path: str = "") -> Iterator[tuple[str, str, float]]:
    """The figures of a JSON schema by the part and key they bound; `[]` is what a list or a mapping holds."""
    if isinstance(node, list):
        for one in node:
            yield from limits(one, path)
        return
    if not isinstance(node, dict):
        return
    yield from ((path, name, node[name]) for name in LIMITS if isinstance(node.get(name), int | float))
    for name in ("$defs", "properties"):
        for key, inner in node.get(name, {}).items():
            yield from limits(inner, f"{path}.{key}".lstrip("."))
    for name in ("anyOf", "oneOf"):
        yield from limits(node.get(name), path)
    for name in ("items", "additionalProperties"):
        yield from limits(node.get(name), f"{path}[]")


def shown(figure: float) -> str:
    if isinstance(figure, bool) or abs(figure) < 1e15:
        return str(int(figure) if figure == int(figure) and not isinstance(figure, bool) else figure)
    return "-1e15" if figure < 0 else "1e15"


def test_every_limit_of_a_mapping() -> None:
    found: dict[str, dict[str, float]] = {}
    for path, name, figure in limits(Document.model_json_schema()):
        found.setdefault(path, {})[name] = figure
    lines = [
        f"{path}: "
        + ", ".join(f"{name} {shown(found[path][name])}" for name in LIMITS if name in found[path])
        for path in sorted(found)
    ]
    assert lines == EVERY.splitlines(), "a bound of an option is a line of EVERY, above"


def _made_of(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in base.__subclasses__():
        yield one
        yield from _made_of(one)


def test_no_part_of_a_mapping_takes_an_unknown_key_or_is_changed_after_it_was_read() -> None:
    parts = {
        one
        for one in _made_of(BaseModel)
        if one.__module__.startswith(("mappings.document", "mappings.progress"))
    }
    assert parts >= {Document, DeliveryOptions, KpiCurrent, TargetDistance}
    open_ = [one.__name__ for one in parts if one.model_config.get("extra") != "forbid"]
    changed = [one.__name__ for one in parts if not one.model_config.get("frozen")]
    assert (sorted(open_), sorted(changed)) == ([], [])
