"""What waits for whom: check-ins that are due and scores, each with the mailbox of its owner where that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.store.mirror import mirror
from connectors.store.people import accounts
from mappings.digest.digest import WaitingTask
from mappings.digest.recipient import MAIL, channel_of, is_address, mailbox
from mappings.facts.issue import Issue
from mappings.write_back.targets.remote_link import WHY
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.connector import Connector
from plugin.use_cases.check_ins.due_check_ins import SCORE, Reminder, due_check_ins


@dataclass(frozen=True, slots=True)
class OwnedWait:
    """One of them as a message tells it. `mailbox` is the recipient that its owner is; None where no address of theirs is known."""

    due: Reminder
    waits: WaitingTask
    mailbox: str | None


def all_waits(connector: Connector, site: str) -> tuple[OwnedWait, ...]:
    """What is due today, most missed first."""
    found = due_check_ins(connector, COMMAND_LINE, site)
    if not found:
        return ()
    with connector.store.read() as conn:
        mailboxes = _mailboxes(conn, site, found)
    return tuple(
        OwnedWait(one, _waits(connector, one), own) for one, own in zip(found, mailboxes, strict=True)
    )


def waits_of(found: Sequence[OwnedWait], recipient: str) -> tuple[WaitingTask, ...]:
    """A mailbox is told what waits for its own person, a channel, which is nobody, everything."""
    channel, name = channel_of(recipient)
    return tuple(one.waits for one in found if channel != MAIL or one.mailbox == mailbox(name))


def _waits(connector: Connector, one: Reminder) -> WaitingTask:
    objective, own = one.objective, one.key_result
    link = f"{connector.pages}{WHY}{objective.id}" if connector.pages and objective.id[:1] != "@" else ""
    owner = one.owner or "nobody owns it"
    if own is None or one.what == SCORE:
        said = f"its cycle ended on {one.since.isoformat()}: score it"
        return WaitingTask(
            name=f"{objective.key} {objective.title}".strip(),
            said=said,
            owner=owner,
            link=link,
            issue_id=objective.issue_id or "",
        )
    name = f"{own.key} {own.title}".strip() if own.key else f"{objective.key} {own.title}".strip()
    said = f"a check-in is due since {one.since.isoformat()}"
    return WaitingTask(
        name=name,
        said=f"{said}, {one.missed} are missed" if one.missed > 1 else said,
        owner=owner,
        link=link,
        issue_id=(own.issue_id if own.key else objective.issue_id) or "",
    )


def _mailboxes(conn: Connection, site: str, found: Sequence[Reminder]) -> list[str | None]:
    """The address of the assignee as Jira tells it; where Jira tells none, that of the only account of that name."""
    ids = {
        id_
        for one in found
        for id_ in (one.objective.issue_id, None if one.key_result is None else one.key_result.issue_id)
        if id_ is not None
    }
    issues = mirror.get(conn, site, ids)
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for account in accounts.load_all(conn):
        if account.disabled_at is None:
            by_name[account.name.casefold()].append(account.email)
    return [_mailbox(one, issues, by_name) for one in found]


def _mailbox(one: Reminder, issues: dict[str, Issue], by_name: dict[str, list[str]]) -> str | None:
    owner = one.owner
    if owner is None:
        return None
    own = None if one.key_result is None or one.key_result.owner is None else one.key_result.issue_id
    issue = issues.get(own or one.objective.issue_id or "")
    person = None if issue is None else issue.assignee
    if person is not None and person.name == owner and person.email and is_address(person.email):
        return mailbox(person.email)
    if is_address(owner):
        return mailbox(owner)
    named = by_name.get(owner.casefold(), [])
    return mailbox(named[0]) if len(named) == 1 and is_address(named[0]) else None
