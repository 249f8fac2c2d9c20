"""`jira-okr webhook`: the site's webhooks: those of administrators, for a token that may administer Jira, or those of its OAuth app. By hand: System > WebHooks."""

from __future__ import annotations

import click

from mappings.json_value import PlainValues
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.sites.secret_change import DAYS, MOST_DAYS, change_secret
from plugin.use_cases.sites.webhook import (
    HEADER,
    NAME,
    RegisteredWebhook,
    ShownSecret,
    Target,
    WebhookState,
    delete,
    list_webhooks,
    register,
    show_secret,
    target,
)

HIDDEN = {
    "setting": "(of the settings; --secret shows it)",
    "unshown": "(--secret shows it, once)",
    "shown": "(was shown; jira-okr webhook rotate makes another)",
}
"""What stands in the place of a secret."""


@click.group("webhook")
def webhook_group() -> None:
    """Register, list and delete the webhooks by which Jira tells of changes. Needs a token of a Jira administrator, or an OAuth app."""


@webhook_group.command("register")
@click.option("--name", help=f"The name people see in Jira: the one it has there, else {NAME}.")
@click.option("--url", help="Where Jira delivers; made from JIRA_OKR_BASE_URL unless given.")
@site_option
@json_option
def register_command(name: str | None, url: str | None, site: str, as_json: bool) -> None:
    """Create the webhook, or bring it up to date. Doing it twice makes one."""
    with open_connector(site=site) as connector:
        address = asked_address(connector, site, url)
        made = register(connector, COMMAND_LINE, site, address, name)
    if as_json:
        show_json(webhook_values(made))
    else:
        say(f"Webhook {made.id} ({made.name}) delivers to {made.url}: {', '.join(made.events)}")
        if made.expires is not None:
            say(
                f"It lives until {made.expires:%Y-%m-%d %H:%M} UTC; a running connector refreshes it long before."
            )


@webhook_group.command("show")
@click.option("--secret", "with_secret", is_flag=True, help="With the secret, which is shown once.")
@site_option
@json_option
def show_command(with_secret: bool, site: str, as_json: bool) -> None:
    """Show what to type into Jira, where the account may not register: the webhook form, and the rules of Jira Automation.

    With --secret the secret stands in it: once, for a site that was added here; jira-okr webhook rotate makes another.
    """
    with open_connector(site=site) as connector:
        address = asked_address(connector, site, None)
        shown = show_secret(connector, COMMAND_LINE, site) if with_secret else None
        found = target(connector, COMMAND_LINE, site)
    if as_json:
        show_json(
            {
                "url": address,
                "secret": shown.secret if shown else None,
                "header": HEADER,
                "header_value": shown.header if shown else None,
                "secret_state": found.secret,
                "events": list(found.events),
            }
        )
    else:
        say("\n".join(_steps(found, address, shown)))


def _steps(found: Target, address: str, shown: ShownSecret | None) -> list[str]:
    hidden = HIDDEN[found.secret] if found.signed else ""
    secret = [f"  Secret         {shown.secret if shown else hidden}"] if hidden else []
    itself = ["The OAuth app of this site registers its webhook itself: jira-okr webhook register", ""]
    rule = [f"  Header         {HEADER}: {shown.header if shown else hidden}"] if hidden else []
    if not found.by_hand:
        return [
            *itself[:1],
            "Nothing that others send could be believed: the site has no webhook secret. Set JIRA_OKR_JIRA__WEBHOOK_SECRET for webhooks by hand and automation rules.",
        ]
    return [
        *(itself if found.by_app else []),
        "By hand in Jira, as an administrator: System > WebHooks > Create a WebHook",
        f"  URL            {address}",
        *secret,
        f"  Events         {', '.join(found.events)}",
        "  JQL            empty, or whole projects: project in (PLAT, CORE)",
        "  Exclude body   off",
        "",
        "From a rule of Jira Automation: Send web request",
        f"  URL            {address}",
        *rule,
        '  Method, body   POST, Issue data, or custom data: {"issue": "{{issue.key}}"}',
        "",
        "From a workflow: make the webhook above without events, and choose it in the post function Trigger a Webhook.",
    ]


@webhook_group.command("rotate")
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    help="For how long the former secret is accepted too.",
)
@click.option("--url", help="Where Jira delivers; made from JIRA_OKR_BASE_URL unless given.")
@site_option
def rotate_command(days: int, url: str | None, site: str) -> None:
    """Make another secret; the former one is accepted meanwhile, so that no delivery is lost. Jira is told where the account may."""
    with open_connector(site=site) as connector:
        done = change_secret(connector, COMMAND_LINE, site, asked_address(connector, site, url), days)
    say(
        f"The site {site} has another webhook secret. The former one is accepted until {done.until:%Y-%m-%d %H:%M} UTC."
    )
    if done.in_jira:
        say(
            "Jira has the new one. Where automation rules call, give them their new header: jira-okr webhook show --secret."
        )
    else:
        say(f"Jira does not have it yet: {done.why} Type it in until then: jira-okr webhook show --secret.")


@webhook_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List all admin webhooks of the site, or those of its OAuth app, and say what ours lack."""
    with open_connector(site=site) as connector:
        found, state = list_webhooks(connector, COMMAND_LINE, site)
    if as_json:
        show_json([webhook_values(one) for one in found])
    elif not found:
        say("No webhooks. Register ours with jira-okr webhook register.")
    else:
        rows = [(one.id, one.name, _hidden(one.url), _life(one), ", ".join(one.events)) for one in found]
        show_table("Webhooks", ("Id", "Name", "Address", "Enabled", "Events"), rows)
    for line in list_obstacles(state) if found and not as_json else ():
        say(line)


@webhook_group.command("delete")
@click.argument("webhook_id")
@site_option
def delete_command(webhook_id: str, site: str) -> None:
    """Delete one webhook by its id (see jira-okr webhook list)."""
    with open_connector(site=site) as connector:
        delete(connector, COMMAND_LINE, site, webhook_id)
    say(f"Deleted webhook {webhook_id}.")


def asked_address(connector: Connector, site: str, url: str | None) -> str:
    """Where Jira has to deliver: what was given, else what the settings say."""
    if url is None and connector.settings.base_url is None:
        raise Refusal("Where should Jira deliver to? Set JIRA_OKR_BASE_URL, or give --url.")
    return url or target(connector, COMMAND_LINE, site).address


def list_obstacles(state: WebhookState) -> list[str]:
    """What keeps changes from arriving, in plain lines."""
    if not state.registered:
        return ["none of them leads to this site: run jira-okr webhook register"]
    if not state.enabled:
        return ["the webhook is switched off: switch it on in Jira, System > WebHooks"]
    lines = []
    if state.lacking:
        lines.append(f"the webhook lacks events that the active mapping needs: {state.remedy}")
    if state.filters:
        lines.append(
            f"the webhook has a filter ({'; '.join(state.filters)}): issues that leave it leave without a word. "
            "Clear it unless it names whole projects alone: jira-okr webhook register does"
        )
    return lines


def webhook_values(one: RegisteredWebhook) -> PlainValues:
    """One webhook for programs."""
    return {
        "id": one.id,
        "name": one.name,
        "url": _hidden(one.url),
        "events": list(one.events),
        "jql": one.jql,
        "enabled": one.enabled,
        "signed": one.signed,
        "expires": None if one.expires is None else one.expires.isoformat(),
    }


def _life(one: RegisteredWebhook) -> str:
    """Whether it delivers, and until when."""
    if one.expires is not None:
        return f"until {one.expires:%Y-%m-%d %H:%M} UTC"
    return "yes" if one.enabled else "no"


def _hidden(url: str) -> str:
    """An address without what makes it unguessable."""
    head, found, tail = url.partition("/webhooks/jira/")
    site, token, _ = tail.partition("/")
    return f"{head}{found}{site}/…" if token else url
