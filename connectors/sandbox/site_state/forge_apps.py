"""Forge apps that are installed on the site: their fields, which they alone write, and what Jira keeps of their JQL functions."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.site_state.scheme import Account, FieldDef
from connectors.sandbox.site_state.state import Json, Sandbox

SCOPES = frozenset({"read:jira-work", "read:app-data:jira", "write:app-data:jira"})
UNUSED = timedelta(days=7)
"""So long Jira keeps an answer that nobody searches by."""
MOST_VALUES = 1000
ISSUE_FIELDS = frozenset({"issue", "key", "issuekey", "id", "parent"})
USE = re.compile(
    r"""(?P<field>[A-Za-z]+)\s+(?P<operator>not\s+in|in)\s+(?P<name>[A-Za-z]\w*)\s*\((?P<arguments>[^()]*)\)""",
    re.IGNORECASE,
)
NO_ISSUE, NOTHING = "id = -1", "key is EMPTY"
"""What apps answer where no issue is meant, and how that reads here: as an issue that is asked for by hand it would be refused."""
Compute = Callable[[Json], Json]
"""Asks the app for the JQL in the place of one use of its function, as Forge does."""


class FunctionError(ValueError):
    """Why a function has no answer, for whoever searches."""


@dataclass
class KeptAnswer:
    """One answer of a function, which stands in its place until the app brings another."""

    id: str
    name: str
    field: str
    operator: str
    arguments: tuple[str, ...]
    created: datetime
    updated: datetime
    used: datetime
    value: str = ""
    error: str = ""


@dataclass
class InstalledApp:
    """One app in one environment. `app` and `environment` are the last parts of their ids; `functions` by name the keys of the manifest."""

    app: str
    environment: str
    account: str
    functions: dict[str, str] = field(default_factory=dict)
    compute: Compute | None = None
    kept: dict[str, KeptAnswer] = field(default_factory=dict)

    def ari(self, module: str) -> str:
        """What Jira calls a module of it."""
        return f"ari:cloud:ecosystem::extension/{self.app}/{self.environment}/static/{module}"

    def owns(self, field: FieldDef) -> bool:
        """Whether a field is of it."""
        return field.custom.startswith(self.ari(""))

    def alive(self, now: datetime) -> list[KeptAnswer]:
        """What is kept, without what nobody used for long."""
        self.kept = {id_: one for id_, one in self.kept.items() if now - one.used < UNUSED}
        return list(self.kept.values())


def install(sandbox: Sandbox, app: str, environment: str, token: str) -> InstalledApp:
    """An app as `plugin/forge/manifest.yml` declares it: two fields that people cannot edit, one function, and the token that Forge hands out."""
    found = InstalledApp(app, environment, f"forge-{app}-{environment}", {"contributesTo": "okr-contributes"})
    for number, (module, name, kind) in enumerate(
        (("okr-progress", "OKR progress (app)", "number"), ("okr-health", "OKR health (app)", "string"))
    ):
        id_ = f"customfield_{10200 + 10 * len(sandbox.installed) + number}"
        clauses = (name, f"cf[{id_.removeprefix('customfield_')}]")
        sandbox.fields[id_] = FieldDef(
            id_, name, kind, custom=found.ari(module), clauses=clauses, writable=False
        )
    sandbox.installed.append(found)
    hand_out(sandbox, found, token)
    sandbox.name_anew()
    return found


def hand_out(sandbox: Sandbox, app: InstalledApp, token: str) -> None:
    """From now on the app calls with this token alone."""
    grants = {"*": frozenset({"BROWSE_PROJECTS"})}
    sandbox.accounts[app.account] = Account(
        app.account, "OKR connector (app)", "", grants=grants, scoped={token: SCOPES}, service=True
    )


def fields_of(sandbox: Sandbox, app: InstalledApp) -> list[str]:
    """The ids of its fields: progress, then health."""
    return [one.id for one in sandbox.fields.values() if app.owns(one)]


def app_of(sandbox: Sandbox, account: Account) -> InstalledApp | None:
    """The app that calls; None for everybody else."""
    return next((one for one in sandbox.installed if one.account == account.id), None)


def expand_functions(sandbox: Sandbox, jql: str) -> str:
    """JQL with the answers in the place of the functions of apps; raises FunctionError where there is none."""

    def answer(use: re.Match[str]) -> str:
        app = next((one for one in sandbox.installed if use["name"] in one.functions), None)
        if app is None:
            return use[0]
        found = _answer_of(sandbox, app, use)
        return f"({NOTHING if found == NO_ISSUE else found})"

    return USE.sub(answer, jql) if sandbox.installed else jql


def _answer_of(sandbox: Sandbox, app: InstalledApp, use: re.Match[str]) -> str:
    name, now = use["name"], sandbox.clock()
    operator = " ".join(use["operator"].lower().split())
    arguments = tuple(one.strip().strip("\"'") for one in use["arguments"].split(",") if one.strip())
    if use["field"].lower() not in ISSUE_FIELDS:
        raise FunctionError(f"The function '{name}' does not support the field '{use['field']}'.")
    if len(arguments) != 1:
        raise FunctionError(f"The function '{name}' expects 1 argument.")
    same = (name, use["field"], operator, arguments)
    kept = next(
        (one for one in app.alive(now) if (one.name, one.field, one.operator, one.arguments) == same), None
    )
    if kept is None:
        kept = KeptAnswer(
            id=str(uuid.uuid4()),
            name=name,
            field=use["field"],
            operator=operator,
            arguments=arguments,
            created=now,
            updated=now,
            used=now,
        )
        _compute(app, kept)
    kept.used = now
    if kept.error:
        raise FunctionError(kept.error)
    return kept.value


def _compute(app: InstalledApp, asked: KeptAnswer) -> None:
    clause = {
        "field": asked.field,
        "type": ["issue"],
        "operator": asked.operator,
        "functionName": asked.name,
        "arguments": list(asked.arguments),
    }
    if app.compute is None:
        raise FunctionError(f"The app that provides '{asked.name}' did not answer.")
    said: dict[str, Any] = app.compute({"precomputationId": asked.id, "clause": clause})
    asked.value, asked.error = str(said.get("jql") or ""), str(said.get("error") or "")
    if asked.value.count(",") >= MOST_VALUES:
        asked.value, asked.error = "", f"The function '{asked.name}' gave more than {MOST_VALUES} values."
    if not asked.value and not asked.error:
        asked.error = f"The app that provides '{asked.name}' did not answer."
    if asked.value or said.get("storeErrorAsPrecomputation"):
        app.kept[asked.id] = asked
