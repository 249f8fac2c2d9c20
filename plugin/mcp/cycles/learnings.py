"""`okr_learnings`: what people learnt from the objectives of a cycle, or from one objective cycle by cycle. `okr_learn` writes it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from pydantic import Field, StringConstraints

from mappings.explain.check_in import LONGEST_NOTE
from plugin.access.authorization.permission import Permission
from plugin.mcp.cycles.lookup import cycle_refusals, running_cycle
from plugin.mcp.protocol.confirmation import ActArguments, ActReceipt, two_calls
from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, PageArguments, RowCount, Shape, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.use_cases.cycles.learnings import (
    ToldLearning,
    learning_values,
    learnings_of,
    list_learnings,
    write_learning,
)


class LearningShape(Shape):
    """What was learnt from one objective in one cycle, as the last who wrote it left it."""

    cycle: str
    objective: str
    key: str
    title: Quoted
    said: Quoted
    by: str
    at: datetime


class LearningsAnswer(Answer):
    """Those of a cycle by key, those of one objective the latest first."""

    counted: RowCount
    learnings: list[LearningShape]


class LearningsArguments(PageArguments):
    """Of which cycle, or of which objective."""

    cycle: Name | None = Field(
        None, description="Its id; the running one where neither it nor an objective is named."
    )
    objective_key: Name | None = Field(None, description="Of this one alone; in every cycle, or that named.")


class LearnArguments(ActArguments):
    """What was learnt."""

    objective_key: Name
    cycle: Name | None = Field(None, description="Its id; that of the objective where left out.")
    said: Annotated[str, StringConstraints(max_length=LONGEST_NOTE)] = Field(
        description="In the place of what stood there; the empty text takes that away."
    )


def okr_learnings(asking: ToolAsker, arguments: LearningsArguments) -> LearningsAnswer:
    """A page of what was learnt."""
    site = site_of(asking, arguments)
    if arguments.objective_key is not None:
        saved = objective_of(asking, site, arguments.objective_key, arguments.cycle)
        state, path = saved.state, page_of_objective(asking, site, saved)
        every = [
            ToldLearning(one, state.key, state.title)
            for one in learnings_of(asking.connector, asking.actor, site, state.id)
            if arguments.cycle in (None, one.cycle_id)
        ]
        name = f"okr_learnings:{site}:{arguments.cycle}:{state.id}"
    else:
        cycle = arguments.cycle or running_cycle(asking, site)
        with cycle_refusals(asking, site):
            every = [*list_learnings(asking.connector, asking.actor, site, cycle)]
        name, path = f"okr_learnings:{site}:{cycle}:", _review(cycle)
    names = (f"{one.learning.cycle_id} {one.learning.objective_id}" for one in every)
    shown, counted = page_of(name, arguments, every, names)
    return LearningsAnswer(
        provenance=provenance(asking, site, LearningsAnswer, path),
        counted=counted,
        learnings=[LearningShape.model_validate(learning_values(one)) for one in shown],
    )


def okr_learn(asking: ToolAsker, arguments: LearnArguments) -> ActReceipt:
    """Write what was learnt from an objective."""
    site, said = site_of(asking, arguments), arguments.said.strip()
    state = objective_of(asking, site, arguments.objective_key, arguments.cycle).state
    cycle = arguments.cycle or state.cycle_id
    if cycle is None:
        raise UnanswerableQuestion(
            f"{arguments.objective_key!r} is in no cycle now: name one that it was in."
        )
    what = f"what was learnt from {state.key or state.id} “{state.title}” in {cycle}"
    written = learnings_of(asking.connector, asking.actor, site, state.id)
    before = next((one.said for one in written if one.cycle_id == cycle), None)

    def do() -> str:
        with cycle_refusals(asking, site):
            kept = write_learning(asking.connector, asking.actor, site, cycle, state.id, said)
        return f"Kept as {what}." if kept is not None else f"Nothing is written of {what} any more."

    would = f"Write as {what}: {said}" if said else f"Take away {what}"
    stood = f"\nIn the place of: {before}" if before is not None else ""
    return two_calls(asking, LEARN.name, arguments, site, _review(cycle), f"{would}{stood}", do)


def _review(cycle: str) -> str:
    return f"/review?{urlencode({'cycle': cycle})}"


LEARNINGS = Tool(
    name="okr_learnings",
    title="What was learnt",
    description="What people learnt from the objectives of a cycle, or from one objective cycle by cycle.",
    takes=LearningsArguments,
    gives=LearningsAnswer,
    function=okr_learnings,
)
LEARN = Tool(
    name="okr_learn",
    title="Write what was learnt",
    description=(
        "Write what was learnt from an objective in a cycle; no number follows from it. "
        "Call without confirm first, show the person `would`, call again with confirm after their yes."
    ),
    takes=LearnArguments,
    gives=ActReceipt,
    function=okr_learn,
    permission=Permission.EDITOR,
)
