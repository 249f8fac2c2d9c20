"""A delivery worked off once more, and a sync: who asked for it is written down whatever the door, and who may not is sent away."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from connectors.store.work import inbox
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Refusal
from plugin.sync.announcement import SilentAnnouncer
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.work import deliveries, sync

VIEWER = Actor("vic@acme.example", Permission.VIEWER)


def test_a_delivery_is_replayed_with_an_entry_and_what_waits_already_without(doors):
    connector, now = doors.connector, doors.connector.clock()
    with connector.store.write() as conn:
        inbox.store(conn, "main", "d-1", b"{}", now)
    ((one, size),) = deliveries.list_deliveries(connector, VIEWER, "main", 10)
    assert size == 2
    assert deliveries.replay(connector, COMMAND_LINE, one.id)
    assert doors.audited() == []
    with connector.store.write() as conn:
        inbox.settle(conn, one.id, "failed", "no", now)
    assert doors.api("POST", f"/deliveries/{one.id}/replay").status_code == 200
    assert doors.audited() == [("delivery replayed", {"delivery": one.id}, "main")]
    assert doors.actors() == ["editor@acme.example (token a program)"]
    assert deliveries.replay(connector, COMMAND_LINE, one.id + 1) is False


def test_a_delivery_that_is_replayed_is_announced_and_what_waits_already_is_not(doors):
    """In the transaction in which it waits again: the sweep would find it some seconds later."""
    heard: list[tuple[str, bool]] = []

    class Heard(SilentAnnouncer):
        def delivered(self, conn: Connection, site: str) -> None:
            heard.append((site, bool(inbox.load_pending(conn, 9, site))))

    connector, now = doors.connector, doors.connector.clock()
    connector.announcer = Heard()
    with connector.store.write() as conn:
        inbox.store(conn, "main", "d-1", b"{}", now)
    ((one, _),) = deliveries.list_deliveries(connector, VIEWER, "main", 10)
    assert deliveries.replay(connector, COMMAND_LINE, one.id)
    assert heard == []
    with connector.store.write() as conn:
        inbox.settle(conn, one.id, "failed", "no", now)
    assert deliveries.replay(connector, COMMAND_LINE, one.id)
    assert heard == [("main", True)]


def test_no_door_syncs_without_a_mapping_and_nothing_is_written_down(doors):
    with pytest.raises(Refusal, match="No mapping is active"):
        sync.begin(doors.connector, COMMAND_LINE, "main", sync.SyncRequest("recent"))
    assert doors.page("/health/main/sync").status_code == 409
    assert doors.api("POST", "/sites/main/sync", {}).status_code == 409
    assert "No mapping is active" in str(doors.command("sync", "--recent").exception)
    assert doors.audited() == []
    assert sync.latest_sync(doors.connector, VIEWER, "main") is None


def test_a_viewer_starts_no_sync(doors):
    with pytest.raises(PermissionRefusal, match="takes the role editor"):
        sync.begin(doors.connector, VIEWER, "main")
