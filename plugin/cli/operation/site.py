"""`jira-okr site`: the Jira sites this connector serves, beside the one of the settings."""

from __future__ import annotations

from datetime import datetime

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector, require_site
from plugin.cli.terminal.output import json_option, say, show_json, show_table
from plugin.runtime.connector import Connector, NotReady
from plugin.runtime.saved_sites import deployment_of, new_secret, webhook_address
from plugin.use_cases.health.credential_expiry import expiry_at
from plugin.use_cases.sites.sites import NewSite, Tested, add, attempt, remove, renew, require_added, reseal

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
@expires_option
def add_command(
    name: str,
    url: str,
    email: str,
    api_base: str,
    service_account: bool,
    data_center: bool,
    expires: datetime | None,
) -> None:
    """Test a site and keep it. The token is asked for, so that it stands in no history; a webhook secret is made."""
    if not data_center and not service_account and not email:
        email = click.prompt("E-mail address of the account")
    token = click.prompt("Personal access token" if data_center else "API token", hide_input=True)
    secret = new_secret()
    new = NewSite(
        name,
        url,
        api_base,
        email,
        token="" if data_center else token,
        pat=token if data_center else "",
        webhook_secret=secret,
        token_expires=expires.date() if expires else None,
    )
    with open_connector() as connector:
        found = add(connector, COMMAND_LINE, new)
        address = webhook_address(connector, connector.site(name), found.deployment)
    _tell(found)
    say(f"\nIn Jira, under System > WebHooks, make one with\n  URL     {address}\n  Secret  {secret}")
    say(
        f"Running servers and workers take the site in within seconds. Next: jira-okr mapping activate FILE --site {name}"
    )


@site_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List the sites, where they are, where their webhooks go, and when their tokens expire."""
    with open_connector() as connector:
        rows = [_row(connector, name) for name in connector.sites]
        days = [site.token_expires for site in connector.sites.values()]
        now = connector.clock()
    if as_json:
        named = [dict(zip(("name", "url", "webhook", "from"), row, strict=True)) for row in rows]
        show_json(
            [
                {**row, "token_expires": day.isoformat() if day else None}
                for row, day in zip(named, days, strict=True)
            ]
        )
    elif rows:
        shown = [(*row, expiry_at(day, now).said) for row, day in zip(rows, days, strict=True)]
        show_table("Sites", ("Name", "Jira", "Webhook", "From", "Token"), shown)
    else:
        say("No site yet: jira-okr site add NAME URL, or set JIRA_OKR_JIRA__URL.")


@site_group.command("test")
@click.argument("name")
def test_command(name: str) -> None:
    """Ask Jira who we are, what we may do and which projects we see."""
    with open_connector(site=name) as connector:
        _tell(attempt(connector, COMMAND_LINE, name))


@site_group.command("renew")
@click.argument("name")
@expires_option
@click.option("--same-token", is_flag=True, help="Change no more than the day.")
def renew_command(name: str, expires: datetime | None, same_token: bool) -> None:
    """Give a site another token of the same account, tested first; its webhook stays as it is. The token is asked for."""
    with open_connector() as connector:
        _require_own(connector, name)
        token = "" if same_token else click.prompt("New token", hide_input=True)
        found = renew(connector, COMMAND_LINE, name, token, expires.date() if expires else None)
        said = expiry_at(connector.site(name).token_expires, connector.clock()).said
    if found is not None:
        _tell(found)
    say(f"The token of {name}: {said}. Running servers and workers know within seconds.")


@site_group.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def remove_command(name: str, yes: bool) -> None:
    """Forget a site, its credentials and its pending work; what was read of it stays in the database."""
    with open_connector() as connector:
        _require_own(connector, name)
        if not yes:
            click.confirm(f"Forget the site {name} and its credentials?", abort=True)
        remove(connector, COMMAND_LINE, name)
    say(f"The site {name} is forgotten. Remove its webhook in Jira too.")


@site_group.command("reseal")
def reseal_command() -> None:
    """Seal stored credentials with the first key of JIRA_OKR_SECRET_KEY; afterwards the keys behind it can go."""
    with open_connector() as connector:
        names = reseal(connector, COMMAND_LINE)
    say(f"Sealed with the first key: {', '.join(names) or 'nothing, for no site was added'}.")


def _require_own(connector: Connector, name: str) -> None:
    """Wrong usage where there is no such site; one whose credentials cannot be opened any more is there all the same."""
    try:
        require_added(connector, COMMAND_LINE, name)
    except NotReady:
        require_site(connector, name)
        raise


def _row(connector: Connector, name: str) -> tuple[str, str, str, str]:
    site = connector.site(name)
    given = connector.settings.jira
    source = "settings" if given is not None and given.name == name else "added"
    return name, site.browse_url, webhook_address(connector, site, deployment_of(connector, name)), source


def _tell(found: Tested) -> None:
    say(f"{found.title or 'Jira'} {found.version} ({found.deployment}) knows us as {found.account}.")
    if found.token_expires is not None:
        say(f"  the token expires on {found.token_expires}, as Jira says")
    for scope in found.missing_scopes:
        say(
            f"  the token LACKS the scope {scope}: make a new one that has it, and enter it with jira-okr site renew"
        )
    for name, granted in found.permissions.items():
        say(f"  {'may' if granted else 'MAY NOT'} {name}")
    say(f"  sees {len(found.projects)} projects: {', '.join(found.projects[:20])}")
