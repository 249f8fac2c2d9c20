"""What is read, or kept, a batch at a time: it is all of it, each once and in its order, however large a batch is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import delete, select

from connectors.store.lists.list_rows import RowSelection
from connectors.store.lists.records import RecordSearch
from connectors.store.people.audit import note
from connectors.store.schema import forecast as forecasts
from plugin.use_cases import viewer
from plugin.use_cases.accounts import audit
from plugin.use_cases.forecasts import forecast_record
from plugin.use_cases.objectives import objective_lines, objectives
from tests.actors import TESTER


@pytest.fixture(scope="module")
def connector(synced_demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with synced_demo(tmp_path_factory.mktemp("batches")) as demo:
        with demo.connector.store.write() as conn:
            for place in range(4):
                note(conn, "kim@acme.example", "invented", demo.connector.clock(), {"place": place})
        yield demo.connector


def kept_forecasts(connector: Any) -> list[Any]:
    with connector.store.write() as conn:
        conn.execute(delete(forecasts))
    count = forecast_record.keep_today(connector, "main")
    with connector.store.read() as conn:
        rows = sorted(tuple(row) for row in conn.execute(select(forecasts)))
    assert count <= len(rows)
    return rows


def entries(connector: Any) -> list[Any]:
    newest, *rest = audit.export_entries(connector, TESTER, RecordSearch())
    assert newest.what == "record exported"
    return [one for one in rest if one.what != newest.what]


BATCHES: list[tuple[str, ModuleType, str, Callable[[Any], list[Any]]]] = [
    ("entries", audit, "BATCH", lambda it: entries(it)),
    ("writes", audit, "BATCH", lambda it: list(audit.export_writes(it, TESTER, RecordSearch()))),
    (
        "objectives",
        objectives,
        "AT_ONCE",
        lambda it: list(objectives.every_objective(it, TESTER, RowSelection(("main",)))),
    ),
    ("points", objectives, "BATCH", lambda it: list(objectives.every_point(it, TESTER, "main"))),
    ("lines", objective_lines, "AT_ONCE", lambda it: list(objective_lines.every_line(it, TESTER, "main"))),
    ("shown points", viewer, "BATCH", lambda it: list(objectives.every_point(it, TESTER, "main"))),
    ("forecasts", forecast_record, "AT_ONCE", kept_forecasts),
]


@pytest.mark.parametrize(
    ("module", "name", "ask"), [one[1:] for one in BATCHES], ids=[one[0] for one in BATCHES]
)
def test_batches_of_any_size_give_the_same(
    connector: Any,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    ask: Callable[[Any], list[Any]],
) -> None:
    whole = ask(connector)
    assert len(whole) > 3
    if hasattr(whole[0], "id"):
        assert len({one.id for one in whole}) == len(whole)
    for size in (1, 3, len(whole) - 1, len(whole), len(whole) + 1):
        monkeypatch.setattr(module, name, size)
        assert ask(connector) == whole, size
