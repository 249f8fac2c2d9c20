"""Which cycle a question is about, and how one is refused that there is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.next_steps import Door
from plugin.runtime.connector import Refusal
from plugin.use_cases.cycles.cycles import UnknownCycle, past_cycles, running_cycles


def running_cycle(asking: ToolAsker, site: str) -> str:
    """The id of the cycle that runs; of several the one that ends first."""
    found = running_cycles(asking.connector, asking.actor, site)
    if not found:
        raise UnanswerableQuestion(f"No cycle runs on the site {site!r} now: name one.")
    return found[0].id


@contextmanager
def cycle_refusals(asking: ToolAsker, site: str) -> Iterator[None]:
    """What is refused of a cycle, for who assists: of one that there is not, which there are."""
    try:
        yield
    except UnknownCycle as error:
        known = ", ".join(_cycles_there_are(asking, site)) or "none"
        raise UnanswerableQuestion(
            f"There is no cycle {error.cycle_id!r} on the site {site!r}. Cycles: {known}."
        ) from None
    except Refusal as error:
        raise UnanswerableQuestion(error.said_at(Door.TOOL)) from None


def _cycles_there_are(asking: ToolAsker, site: str) -> tuple[str, ...]:
    """Their ids, which everybody may know: those that run, then those that are over."""
    running = [one.id for one in running_cycles(asking.connector, asking.actor, site)]
    over = past_cycles(asking.connector, asking.actor, site)
    return tuple(dict.fromkeys([*running, *reversed(over)]))
