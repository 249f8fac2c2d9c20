"""What a host attaches by address, without a model's asking for it: an objective, its ledger, the mapping, a cycle.

Each is the answer of a tool, its pages put together, so that a number is the same wherever it is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from mappings.json_value import PlainValues
from plugin.mcp.cycles.cycle import CYCLE
from plugin.mcp.ledger import EXPLAIN
from plugin.mcp.mapping import MAPPING
from plugin.mcp.objectives import GET
from plugin.mcp.protocol.tool import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceKind:
    """One kind of resource. `address` is a template of RFC 6570 whose names are arguments of `tool`; `more` are those that are always
    the same; `rows` is where the list stands that the tool gives page by page.
    """

    name: str
    title: str
    description: str
    address: str
    tool: Tool
    rows: tuple[str, ...]
    more: PlainValues = field(default_factory=dict)

    def arguments_of(self, address: str) -> PlainValues | None:
        """What the tool is asked for by this address; None where it is of another kind."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.address))
        found = re.fullmatch(pattern, address)
        if found is None:
            return None
        return {**{name: unquote(one) for name, one in found.groupdict().items()}, **self.more}

    def address_of(self, **names: str) -> str:
        """The address of one of them."""
        return self.address.format(**{name: quote(one, safe="") for name, one in names.items()})


OBJECTIVE = ResourceKind(
    name="objective",
    title="One objective",
    description="One objective with all its key results, as okr_get gives it.",
    address="okr://{site}/objectives/{objective_key}",
    tool=GET,
    rows=("objective", "key_results"),
)
LEDGER = ResourceKind(
    name="ledger",
    title="Why this number",
    description="Every row behind the headline of an objective, as okr_explain gives it.",
    address="okr://{site}/objectives/{objective_key}/ledger",
    tool=EXPLAIN,
    rows=("ledger", "rows"),
)
RULES = ResourceKind(
    name="mapping",
    title="The mapping",
    description="The text of the active mapping, line by line, as okr_mapping gives it.",
    address="okr://{site}/mapping",
    tool=MAPPING,
    rows=("text",),
    more={"with_text": True},
)
CYCLE_REVIEW = ResourceKind(
    name="cycle",
    title="A cycle",
    description="One cycle with its scores, as okr_cycle gives it.",
    address="okr://{site}/cycles/{cycle}",
    tool=CYCLE,
    rows=("objectives",),
)
RESOURCES = (OBJECTIVE, LEDGER, RULES, CYCLE_REVIEW)
