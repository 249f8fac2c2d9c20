"""Rules of `write_back` that write sums to plain parents, seen as what they compute: an objective with one key result of delivery."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.document.schema import Document, KeyResultPart, ObjectivePart, WriteBackPart
from mappings.document.text.places import Path
from mappings.progress.delivery import DeliveryOptions

ROWS = "rows"
"""The id of the one key result of a plain parent."""


def parent_rules(document: Document) -> Iterator[tuple[Path, WriteBackPart, ObjectivePart]]:
    """Every complete rule with its path, and what it is to the rollup: no cycle, and the rows together as one key result."""
    for index, rule in enumerate(document.write_back):
        if rule.target is None and rule.rows is not None and rule.parents is not None:
            yield ("write_back", index), rule, _as_objective(f"write_back[{index}]", rule)


def subjects(document: Document) -> str:
    """What numbers are computed for, as a sentence counts it."""
    parents = any(True for _ in parent_rules(document))
    return " and ".join(["objectives"] * bool(document.objectives or not parents) + ["parents"] * parents)


def weights_of(rule: WriteBackPart) -> DeliveryOptions:
    """What the rows weigh."""
    return DeliveryOptions(kind="delivery", weight=rule.weight, missing=rule.missing)


def _as_objective(id_: str, rule: WriteBackPart) -> ObjectivePart:
    rows = KeyResultPart(
        id=ROWS,
        name="the rows",
        select=rule.rows if rule.rows and rule.rows.strip() else None,
        relation=rule.relation,
        progress=weights_of(rule),
    )
    return ObjectivePart(id=id_, select=rule.parents, key_results=(rows,))
