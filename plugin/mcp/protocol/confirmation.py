"""Acts take two calls: the first says what would be done and gives a handle, the second does it, once, however often it is sent.

The handle is sealed over account, tool and all arguments, so that nobody else and nothing else is let through by it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

from pydantic import Field

from plugin.access.authentication.secret_key import confirmation_key
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Arguments, Name
from plugin.mcp.protocol.tool import ToolAsker, UnanswerableQuestion
from plugin.use_cases.work import idempotency

HOLDS = timedelta(minutes=10)
ANEW = "Call without confirm, show the person what would be done, and call again after their yes."


class ActArguments(Arguments):
    """What an act takes."""

    confirm: Name | None = Field(
        None, description="`confirm` of the first call, with the same arguments, after the person's yes."
    )


class ActReceipt(Answer):
    """`to_confirm`: nothing is done yet; show the person `would`. `done`: `result` says what was done."""

    state: Literal["to_confirm", "done"]
    would: Quoted
    confirm: str | None = Field(
        description="Only after the person's yes call again with this and the same arguments."
    )
    result: Quoted | None


def two_calls(
    asking: ToolAsker,
    tool: str,
    arguments: ActArguments,
    site: str,
    path: str,
    would: str,
    do: Callable[[], str],
) -> ActReceipt:
    """Promise, or do what was promised."""
    if arguments.confirm is None:
        handle, result = _handle(asking, tool, arguments, site), None
    else:
        handle, result = None, _done(asking, tool, arguments, site, do)
    return ActReceipt(
        provenance=provenance(asking, site, ActReceipt, path),
        state="to_confirm" if result is None else "done",
        would=would,
        confirm=handle,
        result=result,
    )


def _handle(asking: ToolAsker, tool: str, arguments: ActArguments, site: str) -> str:
    until = int((asking.connector.clock() + HOLDS).timestamp())
    return f"{until}.{_seal(asking, tool, arguments, site, until)}"


def _seal(asking: ToolAsker, tool: str, arguments: ActArguments, site: str, until: int) -> str:
    given = arguments.model_dump(mode="json", exclude={"confirm", "site"})
    text = json.dumps([asking.actor.account_id, asking.actor.label, tool, site, given, until], sort_keys=True)
    key = confirmation_key(asking.connector.settings)
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _done(asking: ToolAsker, tool: str, arguments: ActArguments, site: str, do: Callable[[], str]) -> str:
    seal = _verified(asking, tool, arguments, site)
    who = f"mcp:{asking.actor.account_id}"
    former = idempotency.take(asking.connector, asking.actor, who, seal, seal)
    if former is not None:
        if former.content is None:
            raise UnanswerableQuestion("This is being done already. Look in a moment what came of it.")
        return str(former.content)
    try:
        result = do()
    except BaseException:
        idempotency.release(asking.connector, asking.actor, who, seal)
        raise
    idempotency.keep(asking.connector, asking.actor, who, seal, result)
    return result


def _verified(asking: ToolAsker, tool: str, arguments: ActArguments, site: str) -> str:
    until, _, seal = (arguments.confirm or "").partition(".")
    if not re.fullmatch("[1-9][0-9]{0,11}", until):
        raise UnanswerableQuestion(f"This confirm is none of ours. {ANEW}")
    if not hmac.compare_digest(seal.encode(), _seal(asking, tool, arguments, site, int(until)).encode()):
        raise UnanswerableQuestion(
            f"This confirm was given for other arguments, or to another account. {ANEW}"
        )
    if int(until) < asking.connector.clock().timestamp():
        raise UnanswerableQuestion(f"This confirm is older than ten minutes. {ANEW}")
    return seal
