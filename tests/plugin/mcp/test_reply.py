"""What a tool answers: in which words it says that it cannot, how much is let through, and that an act is done once, within its time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import Field
from structlog.testing import capture_logs

from connectors.jira.http.errors import JiraError
from connectors.store import Store, StoreError, open_store, upgrade
from mappings.diagnostic import Diagnostic, MappingError
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.doors.refusal import RequestRefusal
from plugin.mcp.objectives import OwnDays, own_days
from plugin.mcp.protocol import confirmation
from plugin.mcp.protocol.call_rate import Pace
from plugin.mcp.protocol.confirmation import ActArguments, ActReceipt, two_calls
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.reply import reply
from plugin.mcp.protocol.shapes import Answer, Arguments, Shape, schema_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.next_steps import NextStep
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings
from plugin.use_cases.permission import PermissionRefusal
from tests.actors import TESTER
from tests.plugin.mcp.conftest import VIEWER

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
STEP = NextStep("Look there", "jira-okr look", page="Looks", tool="okr_look")


class Asked(Arguments):
    """What the tool of these tests takes."""

    number: int = Field(1, ge=1)
    word: str = "x"


class Told(Answer):
    """What it gives."""

    text: str


@pytest.fixture(scope="module")
def connector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connector]:
    store: Store = open_store(f"sqlite:///{Path(tmp_path_factory.mktemp('reply')) / 'okr.sqlite3'}")
    upgrade(store)
    settings = read_settings(None, secret_key="an invented key that is long enough")
    yield Connector(settings, store, {}, lambda: NOW)
    store.close()


def tool_of(does: Callable[..., Any], permission: Permission = Permission.VIEWER) -> Tool:
    return Tool(
        name="okr_test", title="Test", description="A test.", takes=Asked, gives=Told, function=does, permission=permission
    )  # fmt: skip


def told(connector: Connector, does: Callable[..., Any], actor: Actor = VIEWER, **arguments: object) -> Any:
    return reply(connector, lambda: actor, Pace(), tool_of(does), arguments)


def fails(error: Exception) -> Callable[..., Any]:
    def does(_asking: ToolAsker, _arguments: Asked) -> Any:
        raise error

    return does


def asked_jira(error: JiraError, asked: str) -> JiraError:
    error.asked = asked
    return error


UNFORESEEN = "The connector failed in a way that was not foreseen. It has been logged; asking again may help."


@pytest.mark.parametrize(
    ("error", "said", "logged"),
    [
        (RequestRefusal(409, "Conflict", "It changed.", "Read it anew."), "It changed. Read it anew.", []),
        (RequestRefusal(409, "Conflict", "It changed."), "It changed.", []),
        (
            MappingError(Diagnostic(f"c{number}", f"Fault {number}") for number in range(1, 8)),
            "The mapping cannot be read: Fault 1; Fault 2; Fault 3; Fault 4; Fault 5",
            [],
        ),
        (JiraError("Jira is away.", "Wait."), "Jira is away. Wait.", []),
        (
            asked_jira(JiraError("Jira is away."), "GET /rest/api/3/issue/*"),
            "Jira is away. The call was GET /rest/api/3/issue/*.",
            [],
        ),
        (
            StoreError("away", "a database of ours", "start it"),
            "The database cannot be used now. Ask again in a moment.",
            ["store failed"],
        ),
        (Refusal("No mapping is active.", step=STEP), "No mapping is active. Look there: okr_look.", []),
        (PermissionRefusal("That takes the role admin."), "That takes the role admin.", []),
        (UnanswerableQuestion("Say which."), "Say which.", []),
        (UnanswerableQuestion("a\u200bb\nc"), "ab c", []),
        (UnanswerableQuestion("x" * 2001), "x" * 2000, []),
        (ValueError("a secret of ours"), UNFORESEEN, ["tool failed"]),
    ],
)
def test_why_there_is_no_answer_is_said_in_words(
    connector: Connector, error: Exception, said: str, logged: list[str]
) -> None:
    with capture_logs() as lines:
        found = told(connector, fails(error))
    assert (found.text, found.structure, found.is_error) == (said, None, True)
    assert [one["event"] for one in lines] == logged


def test_arguments_are_named_one_by_one_and_five_at_most(connector: Connector) -> None:
    found = told(connector, fails(AssertionError()), number=0, word=None, first=1, second=2, third=3, fourth=4)  # fmt: skip
    assert found.text == (
        "number: Input should be greater than or equal to 1; word: Input should be a valid string; "
        "first: there is no such argument; second: there is no such argument; third: there is no such argument. "
        f"okr_test takes: {', '.join(Asked.model_fields)}."
    )
    assert told(connector, fails(AssertionError()), number="1").is_error, "strictly"


def test_so_many_characters_are_let_through_and_no_more(connector: Connector) -> None:
    frame = len('{"text":""}')

    def long(_asking: ToolAsker, asked: Asked) -> Told:
        return Told.model_construct(text="x" * (asked.number - frame))

    whole = told(connector, long, number=50_000)
    assert (len(whole.text), whole.is_error, json.loads(whole.text)) == (50_000, False, whole.structure)
    assert told(connector, long, number=50_001).text == (
        "The answer has 50,001 characters, more than the 50,000 that are let through. "
        "Ask with a smaller limit, or for one objective."
    )


def test_who_may_not_gets_no_answer(connector: Connector) -> None:
    tool = tool_of(fails(AssertionError("it was asked")), Permission.ADMIN)
    found = reply(connector, lambda: VIEWER, Pace(), tool, {})
    assert found.is_error
    assert "admin" in found.text


class Act:
    """What is done at the second call; counts, and fails while it is told to."""

    def __init__(self) -> None:
        self.done, self.fault = 0, None
        self.fault: Exception | None

    def __call__(self) -> str:
        if self.fault is not None:
            raise self.fault
        self.done += 1
        return f"Done {self.done}."


@pytest.fixture
def calls(connector: Connector, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Asks for the act: with the handle of the first call, at an instant."""
    monkeypatch.setattr(confirmation, "provenance", lambda *_words: None)
    monkeypatch.setattr(confirmation, "ActReceipt", ActReceipt.model_construct)
    do = Act()

    def call(confirm: str | None = None, after: timedelta = timedelta(0), actor: Actor = TESTER) -> Any:
        monkeypatch.setattr(connector, "clock", lambda: NOW + after)
        asking = ToolAsker(connector, actor)
        given = ActArguments(confirm=confirm)
        return two_calls(asking, "okr_act", given, "main", "/x", "It would be done.", do)

    call.do = do  # type: ignore[attr-defined]
    return call


def test_an_act_is_done_by_the_second_call_and_once(calls: Any) -> None:
    first = calls()
    assert (first.state, first.would, first.result, calls.do.done) == (
        "to_confirm", "It would be done.", None, 0,
    )  # fmt: skip
    for _ in range(3):
        second = calls(first.confirm, timedelta(minutes=10))
        assert (second.state, second.result, second.confirm) == ("done", "Done 1.", None)
    assert calls.do.done == 1
    with pytest.raises(UnanswerableQuestion, match="older than ten minutes"):
        calls(first.confirm, timedelta(minutes=10, seconds=1))


def test_what_failed_may_be_asked_for_again_and_what_is_under_way_may_not(calls: Any) -> None:
    handle = calls(after=timedelta(seconds=7)).confirm
    calls.do.fault = ValueError("broken")
    with pytest.raises(ValueError, match="broken"):
        calls(handle, timedelta(seconds=8))
    calls.do.fault = None
    assert calls(handle, timedelta(seconds=9)).result == "Done 1."

    handle = calls(after=timedelta(seconds=10)).confirm
    told: list[str] = []

    class Nested(Act):
        def __call__(self) -> str:
            with pytest.raises(UnanswerableQuestion) as refused:
                calls(handle, timedelta(seconds=11))
            told.append(str(refused.value))
            return super().__call__()

    calls.do.__class__ = Nested
    assert calls(handle, timedelta(seconds=11)).result == "Done 2."
    assert told == ["This is being done already. Look in a moment what came of it."]


@pytest.mark.parametrize("handle", ["x", "0.a", "01.a", "-1.a", "1" * 13 + ".a", " 1.a", "1a.b"])
def test_what_is_no_handle_is_none_of_ours(calls: Any, handle: str) -> None:
    with pytest.raises(UnanswerableQuestion, match="This confirm is none of ours"):
        calls(handle)


def test_a_site_is_the_one_that_is_named_or_the_first(connector: Connector) -> None:
    asking = ToolAsker(connector, VIEWER)
    with pytest.raises(UnanswerableQuestion, match="No Jira site is connected yet"):
        site_of(asking, Asked(site="main"))
    there: Any = SimpleNamespace()
    connector.sites = {"second": there, "first": there}
    try:
        assert site_of(asking, Asked()) == "second", "as the connector has them"
        assert site_of(asking, Asked(site="first")) == "first"
        with pytest.raises(UnanswerableQuestion) as refused:
            site_of(asking, Asked(site="third"))
        assert str(refused.value) == "There is no site 'third' here. Sites: first, second."
    finally:
        connector.sites = {}


class Part(Shape):
    """A part of an answer with a title of its own, and a word that is something by itself."""

    title: str
    word: str = "x"


def test_a_schema_says_what_must_be_there_and_has_no_titles() -> None:
    assert schema_of(Part)["required"] == ["title"]
    assert list(schema_of(Part)["properties"]) == ["title", "word"], "a field of that name stays"
    assert schema_of(Part)["properties"]["word"] == {"default": "x", "type": "string"}
    taken = schema_of(Asked)
    assert "required" not in taken
    assert taken["properties"]["number"] == {"default": 1, "minimum": 1, "type": "integer"}
    assert "title" not in taken


def test_days_of_ones_own_are_told_from_the_first_to_the_last() -> None:
    assert own_days(None) is None
    first, last = date(2026, 10, 1), date(2026, 11, 15)
    assert own_days((first, last)) == OwnDays(start=first, end=last)
