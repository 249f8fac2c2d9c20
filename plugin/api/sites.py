"""`/sites`: the Jira sites, and whether each can be worked with: who we are there, what we may do, which projects there are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from plugin.api.protocol.addresses import SiteAddress
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import UNKEPT, Caller, Reply, Routes
from plugin.doors.address import public_address
from plugin.doors.model import JsonShape, OutcomeJson, RequestPart
from plugin.next_steps import ALLOW_APP, Door
from plugin.runtime.settings import CONSENT
from plugin.use_cases.health.faults import JiraError
from plugin.use_cases.sites import consent, sites
from plugin.use_cases.sites.application_link import (
    application_link,
    forget_application_link,
    take_application_link,
)
from plugin.use_cases.sites.goals_account import (
    forget_goals_account,
    goals_account,
    take_goals_account,
)
from plugin.use_cases.sites.secret_change import DAYS, MOST_DAYS, change_secret
from plugin.use_cases.sites.sites import ConnectionTest, NewSite, SiteStanding
from plugin.use_cases.sites.webhook import HEADER, SecretState, register, show_secret, target
from plugin.use_cases.visibility.jira_sign_in import sign_in_standing
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility, examine

ROUTES = Routes()

Entry = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")]


class SiteJson(JsonShape):
    """One Jira. `webhook` is the path to type into Jira's webhook form; credentials are never given."""

    name: str
    url: str
    api_base: str
    mapping_revision: str | None = Field(
        description="The revision of the active mapping; null where none is."
    )
    webhook: str = Field(description="The path to type into Jira's webhook form.")
    signed: bool
    token_expires: date | None = Field(
        description="What an admin entered, or Jira Data Center told; null where nobody did."
    )


class SitesJson(JsonShape):
    """Every site."""

    items: list[SiteJson]


class WebhookJson(JsonShape):
    """Where Jira has to deliver. Rules of Jira Automation cannot sign: they send a text of their own in the header `header`. `events` are those to tick.

    The secret is shown once, by POST /sites/{site}/webhook/secret/show.
    """

    url: str
    secret: SecretState = Field(
        description="Whether there is one: `none` where the unguessable end of the path stands for it, `setting` for that of the settings, `unshown` and `shown` for one that is kept."
    )
    secret_shown_at: datetime | None = Field(description="When somebody had it shown; null where nobody had.")
    header: str
    events: list[str]
    by_app: bool = Field(
        description="The OAuth app of the site registers it itself: POST to the same address, and nothing has to be typed."
    )


class WebhookSecretJson(JsonShape):
    """What Jira signs with, and what rules of Jira Automation send in the header `header`. Both are given this once: null in an answer that is given again."""

    secret: str | None = Field(description="What Jira signs with.")
    header: str
    header_value: str | None


class RegistrationJson(JsonShape):
    """The webhook as Jira has it now; `events` are those it tells of. `expires`: until when it lives unless it is refreshed, for that of an OAuth app."""

    id: str
    name: str
    events: list[str]
    enabled: bool
    expires: datetime | None


class SiteBody(RequestPart):
    """A Jira to work with. Cloud wants `email` and `token`, or the `token` of a service account alone, Data Center `pat`; they are kept encrypted and never given back."""

    name: Entry = Field(pattern="^[a-z0-9][a-z0-9-]{0,29}$")
    url: Entry = Field(
        min_length=1, description="Where people browse it, for example https://acme.atlassian.net."
    )
    api_base: Entry = Field(
        "",
        description="Where its API is, if neither at the site nor at Atlassian's gateway, which is found by itself for scoped tokens.",
    )
    email: Entry = ""
    token: Entry = ""
    pat: Entry = ""
    client_id: Entry = Field("", description="OAuth 2.0: of an app, or of a service account's credential.")
    client_secret: Entry = ""
    grant: Literal["", "client_credentials", "authorization_code"] = Field(
        "",
        description="`authorization_code` where a Jira user has to allow the app: the site is kept, and POST /sites/{site}/consent comes next.",
    )
    webhook_secret: Entry = Field("", description="The secret typed into Jira's webhook form.")
    token_expires: date | None = Field(
        None,
        description="The day on which the token or PAT expires. What Jira itself tells (Data Center) counts before it.",
    )


class CredentialBody(RequestPart):
    """Another token, or no more than the day on which the present one expires. Null takes away a day that was entered."""

    token: Entry = Field(
        "",
        description="A token of the same account, a PAT, or the client secret of OAuth 2.0; empty keeps the present one.",
    )
    token_expires: date | None = Field(None, description="The day on which the token expires.")


class GoalsAccountBody(RequestPart):
    """An account that works with Atlassian Goals in the place of Jira's."""

    email: Entry = Field(min_length=1, description="The e-mail address of the account.")
    token: Entry = Field(min_length=1, description="An API token of that account, without scopes.")


class GoalsAccountJson(JsonShape):
    """Which account works with the goals of a site."""

    account: str | None = Field(
        description="The e-mail address; null where the account of Jira works with them."
    )


class ApplicationLinkBody(RequestPart):
    """An incoming application link (OAuth 2.0, scope Read) of a Jira Data Center."""

    client_id: Entry = Field(description="The client id that this Jira gave.")
    client_secret: Entry = Field(description="Its secret, which is kept encrypted and never given.")


class JiraSignInJson(JsonShape):
    """Whether people prove who they are by signing in with this Jira, and what that takes."""

    ready: bool = Field(description="Whether they can. Whether that Jira takes it, the first who tries sees.")
    lacks: str = Field(description="What has to be set; empty where they can.")
    callback: str = Field(
        description="The address that the app, or the application link, has to send back to."
    )
    client_id: str | None = Field(
        description="Of the application link of a Data Center; null where there is none, and of Jira Cloud."
    )


class SecretBody(RequestPart):
    """For how many days the former secret is accepted beside the new one."""

    days: int = Field(DAYS, ge=1, le=MOST_DAYS)


class SecretChangeJson(JsonShape):
    """Until when the former secret is accepted. Where Jira does not have the new one yet (`why`), type it: POST …/webhook/secret/show gives it, once."""

    former_until: datetime
    in_jira: bool
    why: str


class ConnectionTestJson(JsonShape):
    """What a site answers. `works` is false where it cannot be read or edited; `remedy` then says what to do."""

    works: bool
    said: str
    remedy: str
    deployment: str | None = None
    version: str | None = None
    title: str | None = None
    account: str | None = None
    permissions: dict[str, bool] | None = None
    projects: list[str] | None = None
    missing_scopes: list[str] | None = Field(default=None, description="What a scoped token lacks to write.")
    token_expires: date | None = None


Mode = Literal["everyone", "titles_by_permission", "rows_by_permission", "numbers_by_permission"]


class VisibilityJson(JsonShape):
    """What people see at a site of issues that Jira does not show them. `obstacle` says why Jira does not tell it; empty where it does."""

    mode: Mode = Field(description="What is shown of hidden issues.")
    obstacle: str = Field(description="Why Jira does not tell what others may see.")


class VisibilityBody(RequestPart):
    """Another mode."""

    mode: Mode = Field(
        description="`everyone`, or `titles_by_permission`; the others are refused by this version."
    )


class ConsentJson(JsonShape):
    """Where a Jira user is asked; null in an answer that is given again. The app in Atlassian's developer console has to have `callback` as its callback URL."""

    address: str | None
    callback: str
    until: datetime


class ConsentBody(RequestPart):
    """`state` and `code`, or `error`, as they stand in the address that Atlassian led to; or `state` and the `cloud_id` that was chosen."""

    state: Entry = Field(
        min_length=1, description="From the address that Atlassian led to: which consent it is."
    )
    code: Entry = Field("", description="From the same address; empty where it has none.")
    error: Entry = ""
    cloud_id: Entry = ""


class ChoiceJson(JsonShape):
    """One site that was allowed."""

    cloud_id: str
    url: str
    name: str


class ConnectionJson(JsonShape):
    """What Jira said at once; null where one of `choices` has to be chosen first. `warning` where another Jira account than before allowed it."""

    site: str
    tested: ConnectionTestJson | None
    choices: list[ChoiceJson]
    warning: str


@ROUTES.get("/sites", "viewer", "The Jira sites.")
def list_sites(caller: Caller) -> Reply[SitesJson]:
    """In the order in which they are shown."""
    found = sites.list_sites(caller.connector, caller.actor)
    return Reply(SitesJson(items=[site_json(one) for one in found]))


@ROUTES.get("/sites/{site}", "viewer", "One site.")
def one_site(caller: Caller, path: SiteAddress) -> Reply[SiteJson]:
    """One of them."""
    return Reply(site_json(sites.one_site(caller.connector, caller.actor, site_of(caller, path))))


def site_json(site: SiteStanding) -> SiteJson:
    """A site without anything secret; the unguessable end of an unsigned webhook path is one."""
    return SiteJson(
        name=site.name,
        url=site.url,
        api_base=site.api_base,
        mapping_revision=site.mapping_revision,
        webhook=f"/webhooks/jira/{site.name}",
        signed=site.signed,
        token_expires=site.token_expires,
    )


@ROUTES.get("/sites/{site}/webhook", "admin", "What to type into Jira's webhook form.")
def site_webhook(caller: Caller, path: SiteAddress) -> Reply[WebhookJson]:
    """As the page of the site shows it: all but the secret."""
    found = target(caller.connector, caller.actor, site_of(caller, path))
    address = public_address(caller.connector, found.address)
    given = WebhookJson(
        url=address,
        secret=found.secret,
        secret_shown_at=found.shown_at,
        header=HEADER,
        events=list(found.events),
        by_app=found.by_app,
    )
    return Reply(given, UNKEPT)


@ROUTES.post("/sites/{site}/webhook", "admin", "Register the webhook in Jira.", heavy=True)
def register_webhook(caller: Caller, path: SiteAddress) -> Reply[RegistrationJson]:
    """Creates it, or brings the one that leads here up to date. The account of the site has to be an administrator of Jira; an OAuth app needs the scope manage:jira-webhook instead, and its webhook is kept alive from then on."""
    name = site_of(caller, path)
    address = public_address(caller.connector, target(caller.connector, caller.actor, name).address)
    made = register(caller.connector, caller.actor, name, address)
    given = RegistrationJson(
        id=made.id, name=made.name, events=list(made.events), enabled=made.enabled, expires=made.expires
    )
    return Reply(given)


@ROUTES.post("/sites/{site}/webhook/secret", "admin", "Give a site another webhook secret.", heavy=True)
def change_webhook_secret(caller: Caller, path: SiteAddress, body: SecretBody) -> Reply[SecretChangeJson]:
    """The former one is accepted for some days more, so that nothing is lost meanwhile. Jira is told of the new one where the account may."""
    name = site_of(caller, path)
    address = public_address(caller.connector, target(caller.connector, caller.actor, name).address)
    done = change_secret(caller.connector, caller.actor, name, address, body.days)
    given = SecretChangeJson(former_until=done.until, in_jira=done.in_jira, why=done.why)
    return Reply(given, UNKEPT)


@ROUTES.post("/sites/{site}/webhook/secret/show", "admin", "Show the webhook secret, once.")
def show_webhook_secret(caller: Caller, path: SiteAddress) -> Reply[WebhookSecretJson]:
    """Whoever has it can send deliveries: keep it as you keep a password. That of the settings is not given. Who needs it again makes another."""
    shown = show_secret(caller.connector, caller.actor, site_of(caller, path))
    given = WebhookSecretJson(secret=shown.secret, header=HEADER, header_value=shown.header)
    return Reply(given, UNKEPT, again=WebhookSecretJson(secret=None, header=HEADER, header_value=None))


@ROUTES.get(
    "/sites/{site}/visibility", "admin", "What people see of issues that Jira does not show them.", heavy=True
)
def show_visibility(caller: Caller, path: SiteAddress) -> Reply[VisibilityJson]:
    """With why Jira does not tell what the mode needs, asked now."""
    return Reply(_visibility(caller, site_of(caller, path)))


@ROUTES.put(
    "/sites/{site}/visibility", "admin", "Change what people see of issues that Jira hides.", heavy=True
)
def change_site_visibility(caller: Caller, path: SiteAddress, body: VisibilityBody) -> Reply[VisibilityJson]:
    """It counts at once at every door. A mode that the site cannot answer is refused with 409."""
    name = site_of(caller, path)
    change_visibility(caller.connector, caller.actor, name, Visibility(body.mode))
    return Reply(_visibility(caller, name))


def _visibility(caller: Caller, site: str) -> VisibilityJson:
    found = examine(caller.connector, caller.actor, site)
    return VisibilityJson.model_validate({"mode": found.mode.value, "obstacle": found.obstacle})


@ROUTES.post("/sites/{site}/test", "admin", "Ask the site who we are and what we may do.", heavy=True)
def try_site(caller: Caller, path: SiteAddress) -> Reply[ConnectionTestJson]:
    """Asks Jira a few questions now."""
    try:
        found = sites.attempt(caller.connector, caller.actor, site_of(caller, path))
    except JiraError as error:
        return Reply(ConnectionTestJson(works=False, said=error.message, remedy=error.remedy))
    return Reply(tested_json(found, caller.connector.sites[site_of(caller, path)].token_expires))


def tested_json(found: ConnectionTest, token_expires: date | None) -> ConnectionTestJson:
    """What a site answered."""
    remedies = sites.shortcomings(found)
    return ConnectionTestJson(
        works=not remedies,
        said=f"Signed in as {found.account}.",
        remedy=" ".join(remedies),
        deployment=found.deployment,
        version=found.version,
        title=found.title,
        account=found.account,
        permissions=dict(found.permissions),
        projects=list(found.projects),
        missing_scopes=list(found.missing_scopes),
        token_expires=found.token_expires or token_expires,
    )


@ROUTES.post("/sites", "admin", "Add a site.", status=201, heavy=True)
def add_site(caller: Caller, body: SiteBody) -> Reply[ConnectionTestJson]:
    """Tests it first; a site that does not let us in is not kept. One that a Jira user has to allow is kept untested."""
    where = {"Location": f"/api/v1/sites/{body.name}"}
    if body.grant == CONSENT:
        consent.prepare(caller.connector, caller.actor, NewSite(**body.model_dump()))
        said = f"The site {body.name} is kept, and nobody has allowed it yet."
        return Reply(ConnectionTestJson(works=False, said=said, remedy=ALLOW_APP.at(Door.API)), where)
    found = sites.add(caller.connector, caller.actor, NewSite(**body.model_dump()))
    return Reply(tested_json(found, body.token_expires), where)


@ROUTES.post("/sites/{site}/consent", "admin", "Begin to let a Jira user allow the OAuth 2.0 app of a site.")
def begin_consent(caller: Caller, path: SiteAddress) -> Reply[ConsentJson]:
    """The browser of that user goes to `address`; Atlassian leads it back to `callback`, with what POST /consent takes."""
    name = site_of(caller, path)
    callback = public_address(caller.connector, f"{caller.connector.settings.public_url}{consent.CALLBACK}")
    begun = consent.begin(caller.connector, caller.actor, name, callback)
    told, again = (
        ConsentJson(address=said, callback=callback, until=begun.until) for said in (begun.address, None)
    )
    return Reply(told, UNKEPT, again=again)


@ROUTES.post("/consent", "admin", "Finish it: what Atlassian led back with.", heavy=True)
def finish_consent(caller: Caller, body: ConsentBody) -> Reply[ConnectionJson]:
    """By whoever began it, within a quarter of an hour. Where the site is none of those that were allowed, choose one of `choices` by `cloud_id`."""
    done = consent.finish(caller.connector, caller.actor, body.state, body.code, body.error, body.cloud_id)
    given = ConnectionJson(
        site=done.site,
        tested=None if done.tested is None else tested_json(done.tested, None),
        choices=[ChoiceJson(cloud_id=one.id, url=one.url, name=one.name) for one in done.choices],
        warning=done.warning,
    )
    return Reply(given, UNKEPT)


@ROUTES.put(
    "/sites/{site}/credential",
    "admin",
    "Give a site that was added here another token, and the day on which it expires.",
    heavy=True,
)
def renew_credential(caller: Caller, path: SiteAddress, body: CredentialBody) -> Reply[SiteJson]:
    """A token is tried first; one that Jira does not accept is not kept. Webhook and data stay as they are."""
    name = site_of(caller, path)
    sites.renew(caller.connector, caller.actor, name, body.token, body.token_expires)
    return Reply(site_json(sites.one_site(caller.connector, caller.actor, name)))


@ROUTES.get("/sites/{site}/goals-account", "admin", "Which account works with Atlassian Goals.")
def show_goals_account(caller: Caller, path: SiteAddress) -> Reply[GoalsAccountJson]:
    """Never its token."""
    found = goals_account(caller.connector, caller.actor, site_of(caller, path))
    return Reply(GoalsAccountJson(account=found), UNKEPT)


@ROUTES.put(
    "/sites/{site}/goals-account",
    "admin",
    "Let another account than Jira's work with Atlassian Goals.",
    heavy=True,
)
def change_goals_account(
    caller: Caller, path: SiteAddress, body: GoalsAccountBody
) -> Reply[GoalsAccountJson]:
    """It is tried first; one that Atlassian does not let in is not kept."""
    name = site_of(caller, path)
    take_goals_account(caller.connector, caller.actor, name, body.email, body.token)
    return show_goals_account(caller, path)


@ROUTES.delete(
    "/sites/{site}/goals-account",
    "admin",
    "Let the account of Jira work with Atlassian Goals again.",
    heavy=True,
)
def remove_goals_account(caller: Caller, path: SiteAddress) -> Reply[GoalsAccountJson]:
    """Its token is forgotten."""
    forget_goals_account(caller.connector, caller.actor, site_of(caller, path))
    return show_goals_account(caller, path)


@ROUTES.get("/sites/{site}/application-link", "admin", "How people prove who they are by signing in with it.")
def show_application_link(caller: Caller, path: SiteAddress) -> Reply[JiraSignInJson]:
    """By an application link of a Data Center; of Jira Cloud by one app in the settings."""
    name = site_of(caller, path)
    found = sign_in_standing(caller.connector, caller.actor, name)
    told = JiraSignInJson(
        ready=found.ready,
        lacks=f"{found.lacks} {found.step.at(Door.API) if found.step else ''}".strip(),
        callback=public_address(caller.connector, f"{caller.connector.settings.public_url}{found.callback}"),
        client_id=application_link(caller.connector, caller.actor, name),
    )
    return Reply(told, UNKEPT)


@ROUTES.put(
    "/sites/{site}/application-link", "admin", "Let people of a Data Center prove who they are by a link."
)
def change_application_link(
    caller: Caller, path: SiteAddress, body: ApplicationLinkBody
) -> Reply[JiraSignInJson]:
    """It reads who they are and nothing else. What was proved by a former one stands."""
    name = site_of(caller, path)
    take_application_link(caller.connector, caller.actor, name, body.client_id, body.client_secret)
    return show_application_link(caller, path)


@ROUTES.delete("/sites/{site}/application-link", "admin", "Forget the application link.")
def remove_application_link(caller: Caller, path: SiteAddress) -> Reply[JiraSignInJson]:
    """Nobody proves by it who they are any more; what was proved stands."""
    forget_application_link(caller.connector, caller.actor, site_of(caller, path))
    return show_application_link(caller, path)


@ROUTES.delete("/sites/{site}", "admin", "Remove a site that was added here.")
def remove_site(caller: Caller, path: SiteAddress) -> Reply[OutcomeJson]:
    """Its credentials go; its revisions and history stay, and come back with a site of the same name."""
    name = site_of(caller, path)
    done = sites.remove(caller.connector, caller.actor, name)
    return Reply(OutcomeJson(said=f"The site {name} is removed. {done.webhook}"))
