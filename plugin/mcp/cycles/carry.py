"""`okr_carry_forward`: what goes on of a closed cycle is carried into the next one, after the person saw what that does in Jira. `okr_undo_carry` takes it back."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import Field

from mappings.rollup.cycles.carry_plan import CarryChoice, CarryPlan
from plugin.access.authorization.permission import Permission
from plugin.mcp.cycles.lookup import cycle_refusals
from plugin.mcp.protocol.confirmation import ActArguments, ActReceipt, two_calls
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.shapes import Name
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.use_cases.cycles.carry import (
    CarryPreview,
    ObjectiveCarry,
    carry_forward,
    preview_carry,
    sets_of,
)
from plugin.use_cases.cycles.carry_undo import UndoPreview, preview_undo, undo_carry

MOST_NAMED = 100


class CarryArguments(ActArguments):
    """What of which cycle."""

    cycle: Name = Field(description="The id of a closed cycle.")
    objectives: list[Name] = Field(
        [],
        max_length=MOST_NAMED,
        description="Keys or ids; none: all that were neither achieved nor given up.",
    )
    into: Name | None = Field(None, description="The cycle to carry into; else the one that follows.")
    copies: bool = Field(
        False, description="Make new issues that continue the old ones; else the issues themselves go on."
    )


def okr_carry_forward(asking: ToolAsker, arguments: CarryArguments) -> ActReceipt:
    """Say what would be done, or do it."""
    site, into = site_of(asking, arguments), arguments.into or ""
    choice = CarryChoice(as_copy=arguments.copies)
    with cycle_refusals(asking, site):
        found = preview_carry(asking.connector, asking.actor, site, arguments.cycle, into, choice)

    def do() -> str:
        with cycle_refusals(asking, site):
            done = carry_forward(
                asking.connector, asking.actor, site, arguments.cycle, arguments.objectives, into, choice
            )
        before = f" Carried before: {', '.join(done.before)}." if done.before else ""
        return f"{done.told}; Jira is told now.{before}"

    path = f"/review/{quote(site, safe='')}/{quote(found.from_cycle, safe='')}/carry"
    return two_calls(asking, CARRY.name, arguments, site, path, _would(found, arguments.objectives), do)


def _would(found: CarryPreview, named: list[str]) -> str:
    wanted = {name.strip().casefold() for name in named}
    open_ = [one for one in found.objectives if one.open]
    chosen = [one for one in open_ if (_is_named(one.plan, wanted) if wanted else one.meant)]
    if not chosen:
        stands = "; ".join(f"{_name(one)}: {_why_not(one)}" for one in found.objectives) or "it has none"
        raise UnanswerableQuestion(f"Nothing of {found.from_cycle} would be carried: {stands}.")
    lines = [f"Carry from {found.from_cycle} into {found.into.id}:"]
    for one in chosen:
        lines += [
            f"{_name(one)} {one.plan.title}{f' ({_why_not(one)})' if _why_not(one) else ''}",
            *_steps(one.plan),
        ]
    return "\n".join(lines)


def _steps(plan: CarryPlan) -> list[str]:
    told = [f"- {each.title}: {'; '.join((each.reason, *each.flags))}" for each in plan.key_results]
    told += [f"- {each.issue_key} {each.name}: {each.before} → {each.after}" for each in plan.writes]
    for copy in plan.copies:
        said = "; ".join(f"{each.name}: {each.after}" for each in sets_of(copy))
        left = f"; not copied: {', '.join(copy.left_out)}" if copy.left_out else ""
        told.append(
            f"- new {copy.type.name} in {copy.project.key} that continues {copy.source_key}: {said}{left}"
        )
    return [*told, *(f"- {each.issue_key} {each.title} moves below the new objective" for each in plan.moves)]


class UndoArguments(ActArguments):
    """What of which cycle."""

    cycle: Name = Field(description="The id of the closed cycle that they were carried out of.")
    objectives: list[Name] = Field(min_length=1, max_length=MOST_NAMED, description="Keys or ids.")
    delete_copies: bool = Field(
        False, description="Delete in Jira what was made as copies; else they are left there."
    )


def okr_undo_carry(asking: ToolAsker, arguments: UndoArguments) -> ActReceipt:
    """Say what would be taken back, or do it."""
    site, cycle = site_of(asking, arguments), arguments.cycle
    with cycle_refusals(asking, site):
        found = preview_undo(asking.connector, asking.actor, site, cycle, arguments.objectives)

    def do() -> str:
        with cycle_refusals(asking, site):
            done = undo_carry(
                asking.connector,
                asking.actor,
                site,
                cycle,
                arguments.objectives,
                delete_copies=arguments.delete_copies,
            )
        left = f" For a person: {'; '.join(done.by_hand)}." if done.by_hand else ""
        return f"{done.told}; Jira is told now.{left}"

    path = f"/review/{quote(site, safe='')}/{quote(cycle, safe='')}/carry"
    would = _would_undo(found, delete_copies=arguments.delete_copies)
    return two_calls(asking, UNDO_CARRY.name, arguments, site, path, would, do)


def _would_undo(found: UndoPreview, *, delete_copies: bool) -> str:
    hindered = [one for one in found.objectives if one.undo.hindrances]
    if hindered:
        said = "; ".join(f"{one.name}: {', '.join(one.undo.hindrances)}" for one in hindered)
        raise UnanswerableQuestion(f"It cannot be taken back: {said}.")
    lines = [f"Take back what was carried out of {found.from_cycle}:"]
    for one in found.objectives:
        lines.append(f"{one.name} {one.title}, carried into {one.into}")
        lines += [f"- {each.issue_key} {each.name}: {each.before} → {each.after}" for each in one.undo.writes]
        lines += [f"- {each.issue_key} {each.title} moves back below {one.name}" for each in one.undo.moves]
        fate = "is deleted in Jira" if delete_copies else "stays in Jira, for a person to delete"
        lines += [f"- {each.key}, the copy of {each.source_key}, {fate}" for each in one.undo.copies]
    return "\n".join(lines)


def _name(one: ObjectiveCarry) -> str:
    return one.plan.key or one.plan.objective_id


def _why_not(one: ObjectiveCarry) -> str:
    return one.standing or one.plan.problem or one.why_not


def _is_named(plan: CarryPlan, wanted: set[str]) -> bool:
    return bool({plan.key.casefold(), plan.objective_id.casefold()} & wanted)


CARRY = Tool(
    name="okr_carry_forward",
    title="Carry forward",
    description="Carry objectives of a closed cycle into the next one. Call without confirm first, show the person `would`, call again with confirm after their yes.",
    takes=CarryArguments,
    gives=ActReceipt,
    function=okr_carry_forward,
    permission=Permission.EDITOR,
)
UNDO_CARRY = Tool(
    name="okr_undo_carry",
    title="Undo carrying forward",
    description="Take back that objectives were carried into the next cycle, while nothing was done on what was carried. Call without confirm first, show the person `would`, call again with confirm after their yes.",
    takes=UndoArguments,
    gives=ActReceipt,
    function=okr_undo_carry,
    permission=Permission.EDITOR,
)
