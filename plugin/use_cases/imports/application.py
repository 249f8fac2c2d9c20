"""Makes the issues of an import in Jira: each once, those above first, found again after a crash at any instruction; then their links and check-ins, then what changed in those of earlier imports."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

import structlog
from sqlalchemy import Connection

from connectors.jira import AuthFailure, CreatedIssue, CreateField, JiraError, JiraRefusal, RateLimitError
from connectors.store.imports import imports
from connectors.store.imports.imports import ImportState, KeptImport, MadeRow
from connectors.store.numbers import check_ins
from mappings.explain.check_in import LONGEST_NOTE, CheckIn, Measure
from mappings.imports.issue import LABELS, ImportedIssue
from mappings.imports.plan import KnownRow, PlannedRow, PlannedUpdate
from mappings.imports.row import ImportedCheckIn
from mappings.imports.update import WRITTEN, merge_row
from mappings.rollup.cycles.carry_steps import CopiedLink
from mappings.write_back.target import Request
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.process import worker_name
from plugin.sync.context import Context
from plugin.sync.reconcile.creation import (
    PATIENCE,
    fields_by_kind,
    found_among,
    found_by_label,
    link_issue,
    make_issue,
    parent_places,
    place_issue,
)
from plugin.use_cases.imports.updates import UpdateOutcome, write_update
from plugin.use_cases.kpis.creation import bring_in

LEASE = timedelta(minutes=5)
"""How long a run may say nothing before another may go on with it; it speaks with every row."""
AT_NOON = time(12, tzinfo=UTC)
"""A check-in of another tool has a day and no hour."""
UNANSWERED = "Jira was asked to make row {row}, and its answer never came. Apply this import again in a minute: the issue is looked for by its label {label}, and never made twice."

Report = Callable[[int, int | None], None]

log = structlog.get_logger("jira_okr.imports")


class _ImportPause(Exception):
    """It cannot go on now; the message says why and what to do."""


def apply_rows(connector: Connector, site: str, kept: KeptImport, report: Report) -> None:
    """Go on with an import until it is done or has to wait; how far it is stands in the store. Raises Refusal where another process applies it."""
    context = connector.context(site)
    run = _Run(context, kept, worker_name(uuid.uuid4().hex), report)
    run.claim()
    try:
        run.make()
        run.join()
        run.change()
    except _ImportPause as wait:
        run.let_go(ImportState.APPLYING, str(wait))
    except JiraError as error:
        log.warning("import waits", site=site, number=kept.id, error=str(error))
        run.let_go(ImportState.APPLYING, f"{error.message} {error.remedy}".strip())
    except BaseException:
        run.let_go(ImportState.APPLYING, "")
        raise
    else:
        run.let_go(ImportState.DONE, "")
        ids = [one.issue_id for one in run.made.values() if one.issue_id]
        if ids:
            bring_in(context, *ids)
        connector.announce()


@dataclass
class _Run:
    """One process on its way through a plan."""

    context: Context
    kept: KeptImport
    worker: str
    report: Report
    made: dict[str, MadeRow] = field(default_factory=dict)
    known: dict[str, KnownRow] = field(default_factory=dict)

    def __post_init__(self) -> None:
        content = self.kept.content
        self.rows = {one.identity: one for one in content.plan.create}
        self.issues = {one.identity: one for one in content.issues}
        self.tool, self.site = content.plan.tool, self.context.site
        self.screens: dict[str, Mapping[str, CreateField]] = {}

    def claim(self) -> None:
        """Be the only one at it. Refusal where another is."""
        now = self.context.clock()
        with self.context.store.write() as conn:
            if not imports.claim(conn, self.site, self.kept.id, self.worker, now, now + LEASE):
                raise Refusal(f"Import {self.kept.id} is being applied just now, or is done.")
            wanted = {*self.issues, *(row.above for row in self.rows.values() if row.above is not None)}
            wanted |= {link.to for one in self.issues.values() for link in one.links}
            changed = [one.row for one in self.kept.content.plan.update]
            wanted |= {row.identity for row in changed}
            wanted |= {row.above for row in changed if row.above is not None}
            self.made = imports.load_made(conn, self.site, self.tool, wanted)
            self.known = imports.load_whole(conn, self.site, self.tool) if changed else {}

    def let_go(self, state: ImportState, note: str) -> None:
        """Leave it to whoever goes on."""
        with self.context.store.write() as conn:
            imports.let_go(conn, self.site, self.kept.id, self.worker, state, note)

    def make(self) -> None:
        """Make what stands nowhere yet, those above first."""
        waiting = [one for one in self.issues.values() if not self._stands(one.identity)]
        there = found_among(self.context, [one.label for one in waiting])
        for number, issue in enumerate(waiting):
            self._keep_claim()
            self.report(len(self.issues) - len(waiting) + number, len(self.issues))
            found = there.get(issue.label)
            before = self.made.get(issue.identity)
            if found is None and before is not None and before.tried_at is not None:
                found = self._look(issue, before.tried_at)
            self._put(self._row(issue, found) if found is not None else self._make(issue))
        self.report(len(self.issues), len(self.issues))

    def _look(self, issue: ImportedIssue, tried: datetime) -> CreatedIssue | None:
        """What was asked for without an answer. An hour later a person who applies it again has it made."""
        found = found_by_label(self.context, issue.label)
        if found is None and self.context.clock() - tried < PATIENCE:
            raise _ImportPause(UNANSWERED.format(row=self.rows[issue.identity].row, label=issue.label))
        return found

    def _make(self, issue: ImportedIssue) -> MadeRow:
        """The one call, which is kept before it is made."""
        fields, places = self._content(issue)
        with self.context.store.write() as conn:
            self._renew(conn)  # in one transaction: nobody who took it over has not seen that Jira is asked
            self._keep(conn, MadeRow(issue.identity, tried_at=self.context.clock()))
        row = self.rows[issue.identity]
        try:
            return self._row(issue, make_issue(self.context, fields, places))
        except (JiraRefusal, RateLimitError, AuthFailure) as error:
            # All of these are said before anything is made.
            self._put(MadeRow(issue.identity, note=error.message))
            if isinstance(error, JiraRefusal):
                said = f"Row {row.row} (“{row.title}”): {error.message} {error.remedy}".strip()
                raise _ImportPause(
                    f"{said} Mend that, then apply this import again: what stands is not made twice. Or give it up, so that others may be applied."
                ) from error
            raise
        except JiraError as error:
            log.warning("import waits", site=self.site, number=self.kept.id, error=str(error))
            raise _ImportPause(UNANSWERED.format(row=row.row, label=issue.label)) from error

    def _content(self, issue: ImportedIssue) -> tuple[dict[str, object], list[tuple[str, object]]]:
        screen = self._screen(issue)
        fields: dict[str, object] = {
            "project": {"id": self.kept.content.project.id},
            "issuetype": {"id": issue.type.id},
            "summary": issue.title,
            **{
                id_: json.loads(value)
                for id_, value in issue.fields.items()
                if id_ in screen or id_ == LABELS
            },
        }
        above = self.made.get(issue.below or "")
        if above is None:
            return fields, []
        by_kind = fields_by_kind(screen)
        return fields, parent_places(self.context, issue.type, above.issue_id, above.issue_key, by_kind)

    def _screen(self, issue: ImportedIssue) -> Mapping[str, CreateField]:
        if issue.type.id not in self.screens:
            self.screens[issue.type.id] = self.context.jira.create_fields(
                self.kept.content.project.id, issue.type.id
            )
        return self.screens[issue.type.id]

    def join(self) -> None:
        """Set what no create screen had, hang and link what stands, and keep what was checked in; each row once more where it was cut off."""
        for issue in self.issues.values():
            one = self.made[issue.identity]
            if one.joined:
                continue
            self._keep_claim()
            stands = CreatedIssue(one.issue_id, one.issue_key)
            self._complete(issue, stands)
            for link in issue.links:
                self._link(issue, stands, CopiedLink(link.type_id, link.outward, self.made[link.to].issue_id))
            with self.context.store.write() as conn:
                self._check_in(conn, self.rows[issue.identity], one)
                self._keep(conn, replace(one, joined=True))

    def change(self) -> None:
        """Change the issues of earlier imports, each once; what Jira declines or a person changed since stops none of the others."""
        updates = self.kept.content.plan.update
        waiting = [one for one in updates if not self._changed(one)]
        for number, one in enumerate(waiting):
            self._keep_claim()
            self.report(len(updates) - len(waiting) + number, len(updates))
            self._settle(one, write_update(self.context, one))

    def _changed(self, one: PlannedUpdate) -> bool:
        found = self.made.get(one.row.identity)
        return found is not None and found.plan_id == self.kept.id

    def _settle(self, one: PlannedUpdate, outcome: UpdateOutcome) -> None:
        """What counts as imported from now on is what was written; new check-ins are kept in the same transaction, so once."""
        former = self.known[one.row.identity].row
        planned = [each.word for each in one.changes]
        unplanned = [word for word in (*WRITTEN, "parent", "kind") if word not in planned]
        left = {*(each.word for each in outcome.left), *unplanned}
        # Another plan of the same file may have kept some of them since.
        new = tuple(said for said in one.check_ins if said not in former.check_ins)
        row = replace(merge_row(one.row, former, left), check_ins=(*former.check_ins, *new))
        made = MadeRow(
            one.row.identity,
            issue_id=one.issue_id,
            issue_key=one.issue_key,
            joined=True,
            note=outcome.note,
            plan_id=self.kept.id,
        )
        with self.context.store.write() as conn:
            self._renew(conn)
            self._check_in(conn, replace(one.row, check_ins=new), made)
            imports.put(conn, self.site, self.tool, self.kept.id, made, row)
        self.made[one.row.identity] = made

    def _complete(self, issue: ImportedIssue, stands: CreatedIssue) -> None:
        screen = self._screen(issue)
        left = {
            id_: json.loads(value)
            for id_, value in issue.fields.items()
            if id_ not in screen and id_ != LABELS
        }
        if left:
            body = {"fields": left}
            request = Request("PUT", f"/issue/{stands.id}", body, notifies=True, answer="edit")
            self.context.tell(request, stands.key)
        above = self.made.get(issue.below or "")
        by_kind = fields_by_kind(screen)
        if above is not None and not parent_places(self.context, issue.type, "", "", by_kind):
            place_issue(self.context, stands, issue.type, above.issue_id, above.issue_key)

    def _link(self, issue: ImportedIssue, stands: CreatedIssue, link: CopiedLink) -> None:
        """Its own links; one that measures it is said by what is above."""
        if issue.said_by is None:
            link_issue(self.context, stands, link)
            return
        above = self.made[issue.said_by]
        own = CopiedLink(link.type_id, link.outward, stands.id)
        link_issue(self.context, CreatedIssue(above.issue_id, above.issue_key), own)

    def _check_in(self, conn: Connection, row: PlannedRow, one: MadeRow) -> None:
        above = self.made.get(row.above or "")
        if above is None or row.kind != "key_result":
            return
        for said in row.check_ins:
            check_ins.add_imported(conn, self.site, _check_in(said, above.issue_id, one.issue_id))

    # -- what is kept

    def _stands(self, identity: str) -> bool:
        one = self.made.get(identity)
        return one is not None and bool(one.issue_id)

    def _row(self, issue: ImportedIssue, found: CreatedIssue) -> MadeRow:
        return MadeRow(issue.identity, issue_id=found.id, issue_key=found.key)

    def _put(self, one: MadeRow) -> None:
        with self.context.store.write() as conn:
            self._keep(conn, one)

    def _keep(self, conn: Connection, one: MadeRow) -> None:
        imports.put(conn, self.site, self.tool, self.kept.id, one, self.rows[one.identity])
        self.made[one.identity] = one

    def _keep_claim(self) -> None:
        with self.context.store.write() as conn:
            self._renew(conn)

    def _renew(self, conn: Connection) -> None:
        now = self.context.clock()
        if not imports.claim(conn, self.site, self.kept.id, self.worker, now, now + LEASE):
            raise _ImportPause("Another process took this import over.")


def _check_in(said: ImportedCheckIn, objective_id: str, key_result_id: str) -> CheckIn:
    status = f"Status: {said.status.replace('_', ' ')}." if said.status else ""
    return CheckIn(
        objective_id=objective_id,
        key_result_id=key_result_id,
        measure=Measure.CURRENT,
        value=said.value,
        by=said.by or "imported",
        at=datetime.combine(said.on, AT_NOON),
        note=" ".join(one for one in (said.note, status) if one)[:LONGEST_NOTE],
    )
