"""The activation of a site that is under way: what its mapping needs is read before it rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.jobs.background_jobs import SILENT_FOR
from connectors.store.schema import activation_run as table


@dataclass(frozen=True, slots=True)
class ActivationRun:
    """`done` of `total` issues are read; `failed` says why it stands still; `held`: a person has to say whether to go on.

    `refused`: it cannot go on as it is, however often it is tried; `failed` is the reason. `worker` names the process that reads for
    it; empty where that is not known.
    """

    revision: str
    text: str
    file: str
    by: str
    large: bool
    began: datetime
    seen: datetime
    done: int = 0
    total: int | None = None
    failed: str = ""
    held: bool = False
    refused: bool = False
    worker: str = ""

    def is_running(self, now: datetime) -> bool:
        """Whether somebody reads for it."""
        return not self.failed and now - self.seen < SILENT_FOR

    @property
    def said(self) -> str:
        """How far it is, in words."""
        if self.refused:
            return f"activating {self.revision[:8]} was refused: {self.failed}"
        if self.failed:
            return f"activating {self.revision[:8]}: {self.failed}"
        of_all = f" of {self.total}" if self.total is not None else ""
        return f"activating {self.revision[:8]}: read {self.done}{of_all}"


def get(conn: Connection, site: str) -> ActivationRun | None:
    """The one under way, if one is."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    if row is None:
        return None
    return ActivationRun(
        revision=row.revision,
        text=row.text,
        file=row.file,
        by=row.by,
        large=bool(row.large),
        began=from_ms(row.began),
        seen=from_ms(row.seen),
        done=row.done,
        total=row.total,
        failed=row.failed,
        held=bool(row.held),
        refused=bool(row.refused),
        worker=row.worker,
    )


def begin(conn: Connection, site: str, run: ActivationRun) -> None:
    """It takes the place of any before."""
    values = {
        "revision": run.revision,
        "text": run.text,
        "file": run.file,
        "by": run.by,
        "large": int(run.large),
        "began": to_ms(run.began),
        "seen": to_ms(run.seen),
        **_news(run),
    }
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))


def tell(conn: Connection, site: str, run: ActivationRun) -> bool:
    """How far it is now; False, and nothing kept, where another one took its place."""
    mine = (table.c.site == site, table.c.revision == run.revision)
    said = conn.execute(update(table).where(*mine).values(seen=to_ms(run.seen), **_news(run)))
    return said.rowcount > 0


def end(conn: Connection, site: str) -> None:
    """None is under way any more."""
    conn.execute(delete(table).where(table.c.site == site))


def _news(run: ActivationRun) -> dict[str, object]:
    standing = {"failed": run.failed, "held": int(run.held), "refused": int(run.refused)}
    return {"done": run.done, "total": run.total, "worker": run.worker, **standing}
