"""By which channel a message goes to its recipient, with what the settings say of it."""

from __future__ import annotations

from connectors.notify import WEBHOOKS, mail
from connectors.notify.failure import SendingFailure
from connectors.notify.webhook import Endpoint, WebhookKind, post
from connectors.store.work.outbox import OutgoingMessage
from mappings.digest.recipient import channel_of
from mappings.digest.words import html, subject, text
from plugin.runtime.connector import Connector
from plugin.runtime.settings import PREFIX, NotifySettings
from plugin.use_cases.digests.links import token_of

BY_NAME = {one.name: one for one in WEBHOOKS}


def send_by_channel(connector: Connector, site: str, one: OutgoingMessage) -> None:
    """Send a message to its recipient. Raises SendingFailure."""
    channel, name = channel_of(one.recipient)
    webhook = BY_NAME.get(channel)
    if webhook is None:
        _mail(connector, site, one, name)
        return
    given = connector.settings.notify
    post(webhook, endpoint_of(given, webhook, name), one.message, connector.clock(), given.hosts)


def endpoint_of(given: NotifySettings, webhook: WebhookKind, name: str) -> Endpoint:
    """The webhook of this name in the settings. Raises SendingFailure that says which setting is missing."""
    variable = _variable(name)  # the name of a variable has no hyphen
    known = {_variable(one): endpoint for one, endpoint in _endpoints(given, webhook.name).items()}
    if variable not in known:
        setting = f"{PREFIX}NOTIFY__{_variable(webhook.name).upper()}__{variable.upper()}"
        setting += "__URL and __SECRET" if webhook.name == "webhook" else ""
        raise SendingFailure(f"no webhook is called {name}: set {setting}")
    return known[variable]


def _endpoints(given: NotifySettings, channel: str) -> dict[str, Endpoint]:
    if channel == "webhook":
        return {
            name: Endpoint(one.url.get_secret_value(), one.secret.get_secret_value())
            for name, one in given.webhook.items()
        }
    addresses = {"slack": given.slack, "teams": given.teams, "google-chat": given.google_chat}[channel]
    return {name: Endpoint(address.get_secret_value()) for name, address in addresses.items()}


def _variable(name: str) -> str:
    return name.casefold().replace("-", "_")


def _mail(connector: Connector, site: str, one: OutgoingMessage, address: str) -> None:
    given, message = connector.settings.notify.mail, one.message
    if given is None:
        raise SendingFailure("no mail server is set: set JIRA_OKR_NOTIFY__MAIL__HOST and __SENDER")
    server = mail.MailServer(
        host=given.host,
        port=given.port,
        sender=given.sender,
        security=given.security,
        user=given.user or "",
        password=given.password.get_secret_value(),
    )
    token = token_of(connector, site, one.digest, one.recipient)
    leave = f"{connector.pages}/unsubscribe/{token}" if connector.pages else ""
    words = f"{text(message)}\nNo more of these: {leave}\n" if leave else text(message)
    mail.send(
        mail.Mail(
            key=f"{site}|{one.key}",
            to=address,
            subject=subject(message),
            text=words,
            html=html(message),
            at=one.made_at,
            list_id=f"{one.digest}.{site}.okr",
            unsubscribe=leave,
        ),
        server,
    )
