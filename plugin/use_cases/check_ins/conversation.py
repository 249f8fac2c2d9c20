"""The conversation on check-ins: somebody answers what was said of a key result, and takes their answer back. No number follows from it."""

from __future__ import annotations

from connectors.store.numbers import check_ins, replies
from connectors.store.numbers.replies import CheckInReply
from connectors.store.people import audit
from mappings.explain.check_in import LONGEST_NOTE
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.next_steps import CHECK_INS
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

__all__ = ["CheckInReply", "ReplyRefusal", "list_replies", "may_take_back", "reply", "take_back"]

FROM_PROGRAM = " (token "
"""Begins what the label of a program adds to that of its person."""


class ReplyRefusal(Refusal):
    """An answer that cannot be kept or taken back."""


@question(VIEWER)
def list_replies(
    connector: Connector, _actor: Actor, site: str, objective_id: str
) -> tuple[CheckInReply, ...]:
    """What was answered to the check-ins of an objective, the first one first; none to what a comment says no longer."""
    with connector.store.read() as conn:
        return tuple(replies.load_replies(conn, site, objective_id))


@act(EDITOR)
def reply(
    connector: Connector, actor: Actor, site: str, objective_id: str, number: int, said: str
) -> CheckInReply:
    """Answer the check-in of this number, one that is over too. Raises ReplyRefusal."""
    now, text = connector.clock(), said.strip()
    if not text:
        raise ReplyRefusal("Say something: an answer is a text.", about="said")
    if len(text) > LONGEST_NOTE:
        raise ReplyRefusal(
            f"An answer has at most {LONGEST_NOTE} characters; this one has {len(text)}.", about="said"
        )
    with connector.store.write() as conn:
        found = check_ins.load(conn, site, number)
        if found is None or found.check_in.objective_id != objective_id:
            raise ReplyRefusal(f"There is no check-in {number} of this objective.", step=CHECK_INS)
        if found.retracted:
            raise ReplyRefusal(
                "The comment in Jira that said it was deleted, or says something else now.", step=CHECK_INS
            )
        kept = replies.add(conn, site, found.check_in, text, actor.label, now)
        audit.note(conn, actor.label, "check-in answered", now, _detail(kept), site)
    return kept


@act(EDITOR)
def take_back(
    connector: Connector, actor: Actor, site: str, objective_id: str, number: int
) -> CheckInReply | None:
    """Forget an answer: one's own, or as an admin anybody's. None where there is none of this number. Raises ReplyRefusal."""
    with connector.store.write() as conn:
        found = replies.load(conn, site, number)
        if found is None or found.objective_id != objective_id:
            return None
        if not may_take_back(actor, found):
            raise ReplyRefusal(f"{found.by} said it: they take it back themselves, or an admin does.")
        replies.remove(conn, site, number)
        audit.note(
            conn, actor.label, "answer to a check-in taken back", connector.clock(), _detail(found), site
        )
    return found


def may_take_back(actor: Actor, one: CheckInReply) -> bool:
    """Whether the answer is theirs, by whichever door they gave it, or they are an admin."""
    return actor.may(Permission.ADMIN) or actor.label.split(FROM_PROGRAM)[0] == one.by.split(FROM_PROGRAM)[0]


def _detail(one: CheckInReply) -> dict[str, str | int]:
    return {
        "reply": one.id,
        "check_in": one.check_in,
        "objective": one.objective_id,
        "key_result": one.key_result_id,
    }
