"""Answers a call of a tool: reads the arguments, asks the use cases, and says what is wrong in words that a model can go by."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from mappings.diagnostic import MappingError
from mappings.json_value import Plain, PlainValues
from mappings.numbers import count_of
from plugin.access.authorization.actor import Actor
from plugin.doors.refusal import RequestRefusal
from plugin.mcp.protocol.call_rate import Pace
from plugin.mcp.protocol.quotation import visible_text
from plugin.mcp.protocol.shapes import Answer, Arguments
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.next_steps import Door, said_at
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.health.faults import JiraError, StoreError, describe_error
from plugin.use_cases.permission import PermissionRefusal, SightRefusal, require

LARGEST_ANSWER = 50_000
"""Characters: what hosts let through to their models."""
LONGEST_ERROR = 2000
SHOWN = 5

log = structlog.get_logger("jira_okr.mcp")


@dataclass(frozen=True, slots=True)
class ToolReply:
    """What is sent back: the text, and the same as a structure; of an error the text alone."""

    text: str
    structure: PlainValues | None = None

    @property
    def is_error(self) -> bool:
        """Whether it says why there is no answer."""
        return self.structure is None


def reply(
    connector: Connector,
    who: Callable[[], Actor],
    pace: Pace,
    tool: Tool,
    arguments: Mapping[str, object],
) -> ToolReply:
    """The answer of a tool to whoever asks, or in words why there is none."""

    def answered(asking: ToolAsker) -> ToolReply:
        return write_reply(tool.function(asking, read(tool, arguments)))

    return _replied(connector, who, pace, tool, answered)


def whole_reply(
    connector: Connector,
    who: Callable[[], Actor],
    pace: Pace,
    tool: Tool,
    arguments: Mapping[str, object],
    rows: Sequence[str],
) -> ToolReply:
    """The same with all pages of the list that stands at `rows`, as one call."""

    def answered(asking: ToolAsker) -> ToolReply:
        def page(cursor: Mapping[str, object]) -> PlainValues:
            return dict(
                write_reply(tool.function(asking, read(tool, {**arguments, **cursor}))).structure or {}
            )

        whole = page({})
        counted, every = _holder(whole, "counted"), _at(whole, rows)
        following = counted["next"]
        while following is not None:
            another = page({"cursor": following})
            every += _at(another, rows)
            following = _holder(another, "counted")["next"]
            counted.update(shown=len(every), next=following)
            if len(_text(whole)) > LARGEST_ANSWER:
                raise UnanswerableQuestion(
                    f"It has more than the {LARGEST_ANSWER:,} characters that are let through: ask {tool.name} page by page."
                )
        return ToolReply(_text(whole), whole)

    return _replied(connector, who, pace, tool, answered)


def _text(structure: PlainValues) -> str:
    return json.dumps(structure, ensure_ascii=False, separators=(",", ":"))


def _at(page: PlainValues, rows: Sequence[str]) -> list[Plain]:
    for name in rows[:-1]:
        page = _holder(page, name)
    found = page[rows[-1]]
    return found if isinstance(found, list) else []


def _holder(page: PlainValues, name: str) -> PlainValues:
    found = page[name]
    if not isinstance(found, dict):
        raise TypeError(f"{name} holds no rows")
    return found


def _replied(
    connector: Connector,
    who: Callable[[], Actor],
    pace: Pace,
    tool: Tool,
    answered: Callable[[ToolAsker], ToolReply],
) -> ToolReply:
    try:
        actor = who()
        with pace.taken(actor.label):
            require(actor, tool.permission)
            return answered(ToolAsker(connector, actor))
    except Exception as error:
        return ToolReply(visible_text(said_at(words(error, tool), Door.TOOL))[:LONGEST_ERROR])


def read(tool: Tool, arguments: Mapping[str, object]) -> Arguments:
    """The arguments of a tool, strictly."""
    try:
        return tool.takes.model_validate_json(json.dumps(dict(arguments)))
    except ValidationError as error:
        raise UnanswerableQuestion(_wrong(tool, error)) from None


def write_reply(answer: Answer) -> ToolReply:
    """An answer as text and structure; refused where it is larger than hosts let through."""
    text = said_at(answer.model_dump_json(), Door.TOOL)
    if len(text) > LARGEST_ANSWER:
        raise UnanswerableQuestion(
            f"The answer has {count_of(len(text), 'character')}, more than the {LARGEST_ANSWER:,} that are let through. "
            "Ask with a smaller limit, or for one objective."
        )
    return ToolReply(text, json.loads(text))


def words(error: Exception, tool: Tool) -> str:
    """What is said of an error. Nothing of an unexpected one is shown."""
    if isinstance(error, RequestRefusal):
        return f"{error.detail} {error.remedy}".strip()
    if isinstance(error, MappingError):
        return "The mapping cannot be read: " + "; ".join(one.message for one in error.diagnostics[:SHOWN])
    if isinstance(error, JiraError):
        return describe_error(error)
    if isinstance(error, StoreError):
        log.error("store failed", error=str(error))
        return "The database cannot be used now. Ask again in a moment."
    if isinstance(error, Refusal):
        return error.said_at(Door.TOOL)
    if isinstance(error, SightRefusal):
        return error.said_at(Door.TOOL)
    if isinstance(error, UnanswerableQuestion | PermissionRefusal):
        return str(error)
    log.error("tool failed", tool=tool.name, exc_info=error)
    return "The connector failed in a way that was not foreseen. It has been logged; asking again may help."


def _wrong(tool: Tool, error: ValidationError) -> str:
    """Each fault by the name of its argument, and what the tool takes."""
    found = []
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        name = ".".join(str(part) for part in one["loc"]) or "arguments"
        what = {"extra_forbidden": "there is no such argument", "missing": "it is missing"}
        found.append(f"{name}: {what.get(one['type'], one['msg'])}")
    takes = ", ".join(tool.takes.model_fields)
    return f"{'; '.join(found[:SHOWN])}. {tool.name} takes: {takes}."
