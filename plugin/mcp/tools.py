"""Every tool."""

from __future__ import annotations

from plugin.mcp.acts import CHECK_IN, REPLY, RETRY, SYNC_NOW
from plugin.mcp.cycles.carry import CARRY, UNDO_CARRY
from plugin.mcp.cycles.closings import CLOSINGS
from plugin.mcp.cycles.cycle import CYCLE
from plugin.mcp.cycles.learnings import LEARN, LEARNINGS
from plugin.mcp.exchange.imports import IMPORT, IMPORT_PLAN, IMPORTS
from plugin.mcp.exchange.subscriptions import SUBSCRIPTIONS
from plugin.mcp.forecast import FORECAST
from plugin.mcp.health import FRESHNESS, GAPS
from plugin.mcp.kpis import DEPARTED_KPIS, KPIS
from plugin.mcp.ledger import EXPLAIN
from plugin.mcp.mapping import DRAFT, MAPPING
from plugin.mcp.meeting import MEETING
from plugin.mcp.movement import MOVED
from plugin.mcp.objectives import GET, LIST
from plugin.mcp.past_preview import MAPPING_THEN
from plugin.mcp.protocol.tool import Tool

TOOLS: tuple[Tool, ...] = (
    MEETING,
    LIST,
    GET,
    EXPLAIN,
    MOVED,
    FORECAST,
    KPIS,
    DEPARTED_KPIS,
    CYCLE,
    CLOSINGS,
    LEARNINGS,
    GAPS,
    FRESHNESS,
    MAPPING,
    IMPORTS,
    IMPORT,
    SUBSCRIPTIONS,
    MAPPING_THEN,
    DRAFT,
    IMPORT_PLAN,
    CHECK_IN,
    REPLY,
    LEARN,
    CARRY,
    UNDO_CARRY,
    RETRY,
    SYNC_NOW,
)
