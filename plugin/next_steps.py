"""What somebody does next, in the words of each door: a refusal names the step, and the door says how it is taken there.

A text that is kept (why a site cannot be reached, what to do about a gap) says its step as pages do; whoever shows it elsewhere says
it in the words of that door (`said_at`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Door(StrEnum):
    """Where it is said: a page, a command, an answer of the API, an answer to an assistant."""

    PAGE = "page"
    COMMAND = "command"
    API = "api"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to `do`, and by which command, page, operation (`GET /cycles`) or tool. Where a door has none of its own it names the page, and
    where no page does it the command, which then is an operator's.
    """

    do: str
    command: str
    page: str = ""
    operation: str = ""
    tool: str = ""

    def at(self, door: Door) -> str:
        """As a sentence."""
        method, _, path = self.operation.partition(" ")
        own = {
            Door.COMMAND: self.command,
            Door.API: f"{method} /api/v1{path}" if path else "",
            Door.TOOL: self.tool,
            Door.PAGE: "",
        }[door]
        operators = self.command.partition(" --")[0]  # its options are told where it is called
        return f"{self.do}: {own or (f'page {self.page}' if self.page else operators)}."

    def on(self, page: str) -> str:
        """The same on this page, which names no other way to itself."""
        return f"{self.do}, below." if self.page == page else self.at(Door.PAGE)


OBJECTIVES = NextStep(
    "See the objectives there are",
    command="jira-okr status --objectives",
    page="Objectives",
    operation="GET /objectives",
    tool="okr_list",
)
IMPORTS = NextStep(
    "See the imports there are",
    command="jira-okr import --list",
    page="Import",
    operation="GET /imports",
    tool="okr_imports",
)
SUBSCRIPTIONS = NextStep(
    "See the subscriptions there are",
    command="jira-okr subscription list",
    page="Sites, the site, Subscriptions",
    operation="GET /subscriptions",
    tool="okr_subscriptions",
)
CYCLES = NextStep(
    "See the cycles there are",
    command="jira-okr cycle list",
    page="Cycle review",
    operation="GET /cycles",
    tool="okr_cycle",
)
SIGHT = NextStep(
    "Whoever may see all of it in Jira is told it; say who you are there if you have not",
    command="jira-okr user jira",
    page="Account, In Jira",
)
GOALS = NextStep("See the goals it sees", command="jira-okr goals list", operation="GET /goals")
DIGESTS = NextStep(
    "See the digests, and whom they go to",
    command="jira-okr digest plan",
    page="Digests",
    operation="GET /digests",
)
DIGEST_MESSAGES = NextStep(
    "See the messages there are",
    command="jira-okr digest list",
    page="Digests",
    operation="GET /outbox",
)
HELD_WRITES = NextStep(
    "See what is held; an editor releases or drops it",
    command="jira-okr held list",
    page="Sync health",
    operation="GET /held",
)
ACCEPT_GAP = NextStep(
    "Or let the numbers do without it",
    command="jira-okr gaps accept KEY",
    page="Sync health",
    operation="POST /gaps/accept",
)
LOSSES = NextStep(
    "See what is held, by issue and project; an editor accepts or dismisses it",
    command="jira-okr losses list",
    page="Sync health",
    operation="GET /losses",
)
REVISIONS = NextStep(
    "See the revisions there are",
    command="jira-okr mapping history",
    page="Mapping",
    operation="GET /sites/{site}/mapping/revisions",
)
FIRST_MAPPING = NextStep(
    "Begin with a preset, check it and activate it",
    command="jira-okr mapping presets, mapping check FILE, mapping activate FILE",
    page="Mapping",
    operation="GET /presets",
)
WEBHOOKS = NextStep("See the webhooks there are", command="jira-okr webhook list", page="Sites")
REGISTER_WEBHOOK = NextStep(
    "Register it first",
    command="jira-okr webhook register",
    page="Sites",
    operation="POST /sites/{site}/webhook",
)
SECRET_OF_SETTINGS = NextStep(
    "An operator has it printed, with the header of automation rules, on the machine of the connector",
    command="jira-okr webhook show --secret",
)
ANOTHER_SECRET = NextStep(
    "Make another",
    command="jira-okr webhook rotate --site NAME",
    page="Sites, the site, Make another secret",
    operation="POST /sites/{site}/webhook/secret",
)
SITES = NextStep(
    "See the sites there are", command="jira-okr site list", page="Sites", operation="GET /sites"
)
ADD_BY_CONSENT = NextStep(
    "Add it as one that a Jira user allows",
    command="jira-okr site add --consent",
    page="Sites",
)
PEOPLE = NextStep("See all accounts", command="jira-okr user list", page="People", operation="GET /people")
TOKEN_OF_ANOTHER = NextStep("An operator makes one for another", command="jira-okr token create EMAIL")
BACKFILL = NextStep(
    "Reconstruct the cycle from Jira's changelogs",
    command="jira-okr history backfill",
    page="Sites, the site, Read what was before",
    operation="POST /sites/{site}/history",
)
SYNC = NextStep(
    "Sync now",
    command="jira-okr sync",
    page="Sync health",
    operation="POST /sites/{site}/sync",
    tool="okr_sync_now",
)
ALLOW_APP = NextStep(
    "Let a Jira user allow the app anew",
    command="jira-okr site connect NAME",
    page="Sites, the site, Connect to Jira",
    operation="POST /sites/{site}/consent",
)
APPLICATION_LINK = NextStep(
    "Enter the client id and secret of an application link of that Jira",
    command="jira-okr site link NAME CLIENT_ID",
    page="Sites, the site, Who sees what",
    operation="PUT /sites/{site}/application-link",
)
WEBHOOK_FORM = NextStep(
    "See what to type under System, WebHooks in Jira",
    command="jira-okr webhook show",
    page="Sites, the site",
    operation="GET /sites/{site}/webhook",
)
BRING_UP_WEBHOOK = NextStep(
    "Or let the connector register it anew",
    command="jira-okr webhook register",
    page="Sites, the site",
    operation="POST /sites/{site}/webhook",
)
PAIR_APP = NextStep(
    "Pair the app by a code, in Jira under Settings, Apps, OKR connector",
    command="jira-okr forge code",
    page="Sites, the site",
    operation="POST /sites/{site}/forge/code",
)
LOCKED_CYCLE = NextStep(
    "See all that waits",
    command="jira-okr cycle waiting",
    page="Cycle review",
    operation="GET /cycles/{cycle}/lock",
)
ACTIVATE = NextStep(
    "Preview it, and go on with it there",
    command="jira-okr mapping preview FILE, mapping activate FILE",
    page="Mapping",
    operation="POST /sites/{site}/mapping/preview",
)
TAKE_NAMES = NextStep(
    "Take the names of today",
    command="jira-okr mapping reword",
    page="Mapping, the editor",
    operation="POST /sites/{site}/mapping/reword",
)
LET_IN = NextStep("An operator makes another one", command="jira-okr user let-in EMAIL")
OPEN_ACCOUNT = NextStep(
    "An admin opens it again",
    command="jira-okr user enable EMAIL",
    page="People",
    operation="POST /people/{person}/enable",
)

DELIVERIES = NextStep(
    "See the deliveries that are kept",
    command="jira-okr status",
    page="Sync health",
    operation="GET /deliveries",
)
DEAD_LETTERS = NextStep(
    "See what was given up",
    command="jira-okr dead-letters list",
    page="Sync health",
    operation="GET /dead-letters",
)
REFUSALS = NextStep(
    "See what Jira refuses", command="jira-okr status", page="Sync health", operation="GET /refusals"
)
GAPS = NextStep(
    "See what cannot be read, by the id or key of its issue",
    command="jira-okr gaps list",
    page="Sync health",
    operation="GET /gaps",
    tool="okr_gaps",
)
PRESETS = NextStep(
    "See the presets there are", command="jira-okr mapping presets", page="Mapping", operation="GET /presets"
)
BADGES = NextStep(
    "See what is public",
    command="jira-okr badge list",
    page="Sites, the site, Badges",
    operation="GET /badges",
)
KPIS = NextStep(
    "See the KPIs of the active mapping",
    command="jira-okr kpi list",
    page="KPIs",
    operation="GET /kpis",
    tool="okr_kpis",
)
CHECK_INS = NextStep(
    "See those there are, and which of them stand",
    command="jira-okr check-in list OBJECTIVE",
    page="Objective",
    operation="GET /objectives/{objective}/check-ins",
    tool="okr_get",
)
REPLIES = NextStep(
    "See those there are",
    command="jira-okr check-in replies OBJECTIVE",
    page="Objective",
    operation="GET /objectives/{objective}/replies",
    tool="okr_get",
)
OWN_TOKENS = NextStep(
    "See those of yours", command="jira-okr token list", page="Tokens", operation="GET /tokens"
)
TOKENS = NextStep(
    "See all tokens", command="jira-okr token list", page="People", operation="GET /people/tokens"
)
SESSIONS = NextStep(
    "See where you are signed in",
    command="jira-okr user sessions EMAIL",
    page="Your account",
    operation="GET /me/sessions",
)
SAVED_VIEWS = NextStep("See the pages you keep", command="", page="Your account", operation="GET /views")
OWN_PASSWORD = NextStep(
    "Choose one", command="jira-okr user password EMAIL", page="Your account", operation="POST /me/password"
)
OWN_FACTOR = NextStep("Set one up", command="", page="Your account", operation="POST /me/second-factor")
READ_FOR_MAPPING = NextStep(
    "Read what its preview needs",
    command="jira-okr mapping preview FILE",
    page="Mapping",
    operation="POST /sites/{site}/mapping/read",
)
CYCLE = NextStep(
    "See how it stands",
    command="jira-okr cycle show CYCLE",
    page="Cycle review",
    operation="GET /cycles/{cycle}",
    tool="okr_cycle",
)
CARRY = NextStep(
    "See what can be carried, and what was",
    command="jira-okr cycle carry CYCLE",
    page="Cycle review",
    operation="GET /cycles/{cycle}/carry",
)
UNDO_CARRY = NextStep(
    "See what can be taken back",
    command="jira-okr cycle undo-carry CYCLE",
    page="Cycle review",
    operation="GET /cycles/{cycle}/carry/undo",
)

PUSH_AUDIT = NextStep("Send it now, and see why it is not taken", command="jira-okr audit push")


@cache
def _by_page(door: Door) -> tuple[tuple[str, str], ...]:
    """How pages say each step, with how this door does."""
    steps = [one for one in globals().values() if isinstance(one, NextStep)]
    return tuple((one.at(Door.PAGE), one.at(door)) for one in steps)


def said_at(text: str, door: Door) -> str:
    """A text that says its next step as pages do, as this door says it."""
    if door is Door.PAGE or ": page " not in text:
        return text
    for page, own in _by_page(door):
        text = text.replace(page, own)
    return text
