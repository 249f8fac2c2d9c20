"""`jira-okr site`: the Jira sites this connector serves, beside the one of the settings."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector, require_site
from plugin.cli.terminal.output import json_option, say, show_json, show_table
from plugin.next_steps import Door
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.saved_sites import new_secret
from plugin.runtime.settings import CONSENT
from plugin.use_cases.sites.application_link import (
    application_link,
    forget_application_link,
    take_application_link,
)
from plugin.use_cases.sites.consent import CALLBACK, begin, finish, prepare
from plugin.use_cases.sites.field_creation import created_fields, trash_field
from plugin.use_cases.sites.sites import (
    ConnectionTest,
    NewSite,
    SiteStanding,
    add,
    attempt,
    list_sites,
    one_site,
    remove,
    renew,
    require_addable,
    require_added,
    reseal,
)
from plugin.use_cases.sites.webhook import show_secret, target
from plugin.use_cases.visibility.jira_sign_in import sign_in_standing
from plugin.use_cases.visibility.site_visibility import Visibility, change_visibility, examine

expires_option = click.option(
    "--token-expires",
    "expires",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day on which the token expires, where Jira does not tell (Data Center may).",
)


@click.group("site")
def site_group() -> None:
    """Connect Jira sites, test them, and let go of them. Credentials are kept encrypted with JIRA_OKR_SECRET_KEY."""


@site_group.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--email", default="", help="E-mail address of the account (Jira Cloud).")
@click.option(
    "--api-base",
    default="",
    help="Address of the API where it is neither at the site nor at Atlassian's gateway, which is found by itself for scoped tokens.",
)
@click.option("--service-account", is_flag=True, help="The token is that of a service account (Jira Cloud).")
@click.option("--data-center", is_flag=True, help="Ask for a personal access token instead of an API token.")
@click.option(
    "--client-id",
    default="",
    help="OAuth 2.0 (Jira Cloud): the client id of a service account's credential, or of an app.",
)
@click.option(
    "--consent",
    "by_consent",
    is_flag=True,
    help="The client id is that of an app, which a Jira user allows in the browser.",
)
@expires_option
def add_command(
    name: str,
    url: str,
    email: str,
    api_base: str,
    service_account: bool,
    data_center: bool,
    client_id: str,
    by_consent: bool,
    expires: datetime | None,
) -> None:
    """Test a site and keep it. The token is asked for, so that it stands in no history; a webhook secret is made."""
    if by_consent and not client_id:
        raise click.UsageError("--consent goes with --client-id.")
    day = expires.date() if expires else None
    with open_connector() as connector:
        require_addable(connector, COMMAND_LINE, name, url, api_base, day, consent=by_consent)
        if not data_center and not service_account and not client_id and not email:
            email = click.prompt("E-mail address of the account")
        what = "Client secret" if client_id else "Personal access token" if data_center else "API token"
        token = click.prompt(what, hide_input=True)
        new = NewSite(
            name,
            url,
            api_base,
            email,
            token="" if data_center or client_id else token,
            pat=token if data_center else "",
            webhook_secret=new_secret(),
            token_expires=day,
            client_id=client_id,
            client_secret=token if client_id else "",
            grant=CONSENT if by_consent else "",
        )
        if by_consent:
            prepare(connector, COMMAND_LINE, new)
            say(f"{name} is kept. Now a Jira user has to allow it.")
            found = _allowed(connector, name)
        else:
            found = add(connector, COMMAND_LINE, new)
        address = target(connector, COMMAND_LINE, name).address
        shown = show_secret(connector, COMMAND_LINE, name)
    _tell(found)
    say(f"\nIn Jira, under System > WebHooks, make one with\n  URL     {address}\n  Secret  {shown.secret}")
    say("The secret is shown this once; jira-okr webhook rotate makes another.")
    say(
        f"Running servers and workers take the site in within seconds. Next: jira-okr mapping activate FILE --site {name}"
    )


@site_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the sites, where they are, where their webhooks go, and when their tokens expire."""
    with open_connector() as connector:
        found = list_sites(connector, COMMAND_LINE)
        rows = [_row(one, target(connector, COMMAND_LINE, one.name).address) for one in found]
    if as_json:
        named = [dict(zip(("name", "url", "webhook", "from"), row, strict=True)) for row in rows]
        days = [one.token_expires.isoformat() if one.token_expires else None for one in found]
        show_json([{**row, "token_expires": day} for row, day in zip(named, days, strict=True)])
    elif rows:
        shown = [(*row, one.credential.said) for row, one in zip(rows, found, strict=True)]
        show_table("Sites", ("Name", "Jira", "Webhook", "From", "Token"), shown)
    else:
        say("No site yet: jira-okr site add NAME URL, or set JIRA_OKR_JIRA__URL.")


@site_group.command("test")
@click.argument("name")
def test_command(name: str) -> None:
    """Ask Jira who we are, what we may do and which projects we see."""
    with open_connector(site=name) as connector:
        _tell(attempt(connector, COMMAND_LINE, name))


@site_group.command("connect")
@click.argument("name")
def connect_command(name: str) -> None:
    """Let a Jira user allow the OAuth 2.0 app of a site, for the first time or anew. Works without a server that runs."""
    with open_connector(site=name) as connector:
        found = _allowed(connector, name)
    _tell(found)
    say("Running servers and workers go on with it within seconds.")


def _allowed(connector: Connector, name: str) -> ConnectionTest:
    """A person goes to Atlassian and brings back where it led."""
    callback = f"{connector.settings.public_url}{CALLBACK}"
    request = begin(connector, COMMAND_LINE, name, callback)
    say(
        f"\nOpen this address in a browser, as the Jira user that the connector is to work as:\n\n  {request.address}\n"
    )
    say(
        f"Atlassian leads back to {callback}?… (the app's callback URL has to be {callback}). Copy that address from the browser, "
        "even if the page cannot be shown."
    )
    came = {key: one[0] for key, one in parse_qs(urlsplit(click.prompt("The address")).query).items()}
    if "state" not in came or not ("code" in came or "error" in came):
        raise click.UsageError(
            "This is not the address that Atlassian led to: it has state=… and code=… in it."
        )
    done = finish(connector, COMMAND_LINE, came["state"], came.get("code", ""), came.get("error", ""))
    if done.tested is None:
        say("It was allowed for:")
        for number, one in enumerate(done.choices, 1):
            say(f"  {number}  {one.name}  {one.url}")
        number = click.prompt("Which one", type=click.IntRange(1, len(done.choices)))
        done = finish(connector, COMMAND_LINE, done.state, cloud_id=done.choices[number - 1].id)
    if done.tested is None:
        raise Refusal("It was allowed for another site meanwhile. Begin again.")
    if done.warning:
        say(f"ATTENTION: {done.warning}")
    return done.tested


@site_group.command("renew")
@click.argument("name")
@expires_option
@click.option("--same-token", is_flag=True, help="Change no more than the day.")
def renew_command(name: str, expires: datetime | None, same_token: bool) -> None:
    """Give a site another token of the same account, tested first; its webhook stays as it is. The token is asked for."""
    day = expires.date() if expires else None
    with open_connector() as connector:
        _require_own(connector, name, day)
        token = "" if same_token else click.prompt("New token, or client secret", hide_input=True)
        found = renew(connector, COMMAND_LINE, name, token, day)
        said = one_site(connector, COMMAND_LINE, name).credential.said
    if found is not None:
        _tell(found)
    say(f"The token of {name}: {said}. Running servers and workers know within seconds.")


@site_group.command("fields")
@click.argument("name")
@click.option(
    "--trash",
    "field_id",
    metavar="ID",
    help="Move this one to Jira's trash, where it can be restored for 60 days.",
)
@json_option
def fields_command(name: str, field_id: str | None, as_json: bool) -> None:
    """List the fields that the set-up created in Jira (Cloud), or move one to Jira's trash."""
    with open_connector(site=name) as connector:
        trashed = None if field_id is None else trash_field(connector, COMMAND_LINE, name, field_id)
        found = created_fields(connector, COMMAND_LINE, name)
    if as_json:
        show_json([{"id": one.id, "name": one.name, "description": one.description} for one in found])
        return
    if trashed is not None:
        say(f"{trashed.name} ({trashed.id}) is in Jira's trash: Settings, Issues, Custom fields, Trash.")
    if found:
        show_table("Fields that were created here", ("Id", "Name"), [(one.id, one.name) for one in found])
        say(f"One that is not wanted: jira-okr site fields {name} --trash ID")
    else:
        say("No field of this site was created here.")


@site_group.command("visibility")
@click.argument("name")
@click.argument("mode", required=False, type=click.Choice([one.value for one in Visibility]))
@json_option
def visibility_command(name: str, mode: str | None, as_json: bool) -> None:
    """Say what people see of issues that Jira does not show them, or change it."""
    with open_connector(site=name) as connector:
        if mode is not None:
            change_visibility(connector, COMMAND_LINE, name, Visibility(mode))
        found = examine(connector, COMMAND_LINE, name)
    if as_json:
        show_json({"site": name, "mode": found.mode.value, "obstacle": found.obstacle})
    else:
        say(f"{name} shows: {found.mode}.{' ATTENTION: ' + found.obstacle if found.obstacle else ''}")
    if found.obstacle:
        raise SystemExit(1)


@site_group.command("link")
@click.argument("name")
@click.argument("client_id", required=False)
@click.option(
    "--forget", is_flag=True, help="Nobody proves by it who they are any more; what was proved stands."
)
@json_option
def link_command(name: str, client_id: str | None, forget: bool, as_json: bool) -> None:
    """Say how people prove who they are by signing in with this Jira, or let them do so by an application link (Data Center).

    The secret of CLIENT_ID is asked for. For Jira Cloud the settings name one app for all sites.
    """
    if forget and client_id:
        raise click.UsageError("Give a client id, or --forget.")
    with open_connector(site=name) as connector:
        if forget:
            forget_application_link(connector, COMMAND_LINE, name)
        elif client_id:
            secret = click.prompt("Client secret", hide_input=True)
            take_application_link(connector, COMMAND_LINE, name, client_id, secret)
        found = sign_in_standing(connector, COMMAND_LINE, name)
        known = application_link(connector, COMMAND_LINE, name)
        callback = f"{connector.settings.public_url}{found.callback}"
    lacks = f"{found.lacks} {found.step.at(Door.COMMAND) if found.step else ''}".strip()
    if as_json:
        show_json(
            {"site": name, "ready": found.ready, "lacks": lacks, "callback": callback, "client_id": known}
        )
    elif found.ready:
        say(
            f"People prove who they are by signing in with the Jira of {name}, which sends them back to {callback}."
        )
    else:
        say(
            f"Nobody can sign in with the Jira of {name} here yet. {lacks} It has to send people back to {callback}."
        )


@site_group.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def remove_command(name: str, yes: bool) -> None:
    """Forget a site, its credentials and its pending work; what was read of it stays in the database."""
    with open_connector() as connector:
        _require_own(connector, name)
        if not yes:
            click.confirm(f"Forget the site {name} and its credentials?", abort=True)
        done = remove(connector, COMMAND_LINE, name)
    say(f"The site {name} is forgotten. {done.webhook}")


@site_group.command("reseal")
def reseal_command() -> None:
    """Seal stored credentials with the first key of JIRA_OKR_SECRET_KEY; afterwards the keys behind it can go."""
    with open_connector() as connector:
        names = reseal(connector, COMMAND_LINE)
    say(
        f"Sealed with the first key: {', '.join(names) or 'nothing, for no site was added and none has tokens'}."
    )


def _require_own(connector: Connector, name: str, expires: date | None = None) -> None:
    """Wrong usage where there is no such site, and what `require_added` refuses; one whose credentials cannot be opened any more is there all the same."""
    try:
        require_added(connector, COMMAND_LINE, name, expires)
    except Refusal:
        require_site(connector, name)
        raise


def _row(one: SiteStanding, webhook: str) -> tuple[str, str, str, str]:
    return one.name, one.url, webhook, "added" if one.added else "settings"


def _tell(found: ConnectionTest) -> None:
    say(f"{found.title or 'Jira'} {found.version} ({found.deployment}) knows us as {found.account}.")
    if found.token_expires is not None:
        say(f"  the token expires on {found.token_expires}, as Jira says")
    for scope in found.missing_scopes:
        say(f"  the token LACKS the scope {scope}. {found.scope_remedy}")
    for name, granted in found.permissions.items():
        say(f"  {'may' if granted else 'MAY NOT'} {name}")
    say(f"  sees {count_of(len(found.projects), 'project')}: {', '.join(found.projects[:20])}")
