"""`okr_explain`: the rows behind a number."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from pydantic import Field

from mappings.explain.certainty import sentences
from mappings.rollup.rows.ledger import Contribution, Ledger
from mappings.rollup.state import ObjectiveState
from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.next_steps import Door
from plugin.runtime.connector import Refusal
from plugin.use_cases.objectives.as_of import AsOf, as_of, asked_instant

HEADLINE, BESIDE = "headline", "beside"
USUAL, MOST = 50, 200


class Row(Shape):
    """One row: what it weighs, how far it is, what it adds to the number, or why it adds nothing."""

    id: str
    key: str
    title: Quoted
    status: Quoted
    disposition: str
    weight: Number
    progress: Number
    share: Number
    reason: Quoted


class LedgerShape(Shape):
    """A ledger. `adds_up`: the shares of ALL its rows sum to the total, checked now. `unseen`: so many issues behind its rows this person may not see in Jira."""

    of: str
    title: Quoted
    total: Number
    adds_up: bool
    unseen: int
    rows: list[Row]


class OtherLedger(Shape):
    """Another ledger of the same objective."""

    of: str
    title: Quoted
    total: Number
    rows_total: int


class AsOfShape(Shape):
    """As of when, under which mapping, and how sure that is; `because` says why it is not surer.

    `histories_missing`: issues touched since whose history is not kept here.
    """

    at: datetime
    mapping_revision: str
    certainty: str
    because: list[Quoted]
    histories_missing: int


class LedgerAnswer(Answer):
    """`counted` is of the rows of the ledger; `as_of` is null for a number of now."""

    objective: str
    as_of: AsOfShape | None
    counted: RowCount
    ledger: LedgerShape
    other_ledgers: list[OtherLedger]


class ExplainArguments(PageArguments):
    """Which number."""

    objective_key: Name = Field(description="Jira key (a former one too), issue id or objective id.")
    ledger: Name = Field(HEADLINE, description="headline, beside, or the id or key of a key result.")
    at: Name | None = Field(
        None,
        description="As it stood then: a day like 2026-10-31 (its end), or an instant; now where left out.",
    )
    mapping: Name | None = Field(
        None,
        description="Another mapping: a revision, its beginning, or `then` for the one that ruled at that moment.",
    )
    cycle: Name | None = Field(
        None,
        description="Instead of a moment: as it stood when this cycle was over, by its record where it is closed.",
    )
    limit: int = Field(USUAL, ge=1, le=MOST)


def okr_explain(asking: ToolAsker, arguments: ExplainArguments) -> LedgerAnswer:
    """A page of the rows behind a number."""
    site = site_of(asking, arguments)
    if arguments.cycle is not None and (arguments.at, arguments.mapping) != (None, None):
        raise UnanswerableQuestion("Give either a cycle, or a moment and a mapping.")
    saved = objective_of(asking, site, arguments.objective_key, arguments.cycle)
    past = _past(asking, site, saved.state.id, arguments)
    saved = saved if past is None else past.saved
    every = ledgers_of(saved.state)
    of = _named(saved.state, arguments.ledger, every)
    title, ledger = every[of]
    shown, counted = page_of(
        f"okr_explain:{site}:{saved.state.id}:{arguments.at}:{arguments.mapping}:{arguments.cycle}",
        arguments,
        ledger.rows,
        (f"{row.id} {row.share} {row.progress}" for row in ledger.rows),
    )
    return LedgerAnswer(
        provenance=provenance(asking, site, LedgerAnswer, page_of_objective(asking, site, saved), [saved]),
        objective=saved.state.key or saved.state.id,
        as_of=None if past is None else _shown_past(past),
        counted=counted,
        ledger=LedgerShape(
            of=of,
            title=title,
            total=exactly(ledger.total),
            adds_up=sum((row.share for row in ledger.rows), Fraction(0)) == (ledger.total or 0),
            unseen=ledger.hidden,
            rows=[row_shape(row) for row in shown],
        ),
        other_ledgers=[
            OtherLedger(of=name, title=called, total=exactly(one.total), rows_total=len(one.rows))
            for name, (called, one) in every.items()
            if name != of
        ],
    )


def _past(asking: ToolAsker, site: str, id_: str, arguments: ExplainArguments) -> AsOf | None:
    """Where it stood; None where now is meant."""
    if arguments.at is None and arguments.mapping is None:
        return None
    connector, actor = asking.connector, asking.actor
    at = connector.clock() if arguments.at is None else asked_instant(connector, actor, site, arguments.at)
    if at is None:
        raise UnanswerableQuestion(
            f"{arguments.at!r} is no moment. Say a day (2026-10-31) or an instant with its offset (2026-10-31T12:00:00Z)."
        )
    try:
        return as_of(connector, actor, site, id_, at, arguments.mapping)
    except Refusal as error:
        raise UnanswerableQuestion(error.said_at(Door.TOOL)) from error


def _shown_past(past: AsOf) -> AsOfShape:
    return AsOfShape(
        at=past.at,
        mapping_revision=past.saved.mapping_revision,
        certainty=past.certainty.value,
        because=list(sentences(past.doubts)),
        histories_missing=len(past.untold),
    )


def ledgers_of(state: ObjectiveState) -> dict[str, tuple[str, Ledger]]:
    """Every ledger of an objective by its name, with its title."""
    return {
        HEADLINE: (state.title, state.ledger),
        BESIDE: ("What stands beside the headline, and is no part of it", state.beside),
        **{one.id: (one.title, one.measurement.ledger) for one in state.key_results},
    }


def row_shape(row: Contribution) -> Row:
    """One row as answers show it."""
    return Row(
        id=row.id,
        key=row.key,
        title=row.title,
        status=row.status,
        disposition=row.disposition.value,
        weight=exactly(row.weight),
        progress=exactly(row.progress),
        share=exactly(row.share),
        reason=row.reason,
    )


def _named(state: ObjectiveState, name: str, every: dict[str, tuple[str, Ledger]]) -> str:
    if name in every:
        return name
    for one in state.key_results:
        if one.key and one.key.casefold() == name.casefold():
            return one.id
    raise UnanswerableQuestion(f"{name!r} is no ledger of this objective. Its ledgers: {', '.join(every)}.")


EXPLAIN = Tool(
    name="okr_explain",
    title="Why this number",
    description=(
        "The ledger rows behind a number, of now or of any past moment (`at`), under this or another mapping: each row's weight, progress, share and reason. "
        "Shares of all rows sum to the total exactly."
    ),
    takes=ExplainArguments,
    gives=LedgerAnswer,
    function=okr_explain,
)
