"""Another webhook secret in the place of the present one, which goes on proving deliveries for a time, so that none is lost meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.store.people import audit
from connectors.store.sites import sites
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import new_secret, open_sites, require_added
from plugin.use_cases.health.faults import AuthFailure, JiraError, JiraRefusal
from plugin.use_cases.permission import ADMIN, act
from plugin.use_cases.sites.webhook import SHOWN_AT, register

DAYS = 7
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class SecretChange:
    """Until when the former secret is accepted, and whether Jira has the new one already; else `why` it has to be typed by hand."""

    until: datetime
    in_jira: bool
    why: str = ""


@act(ADMIN)
def change_secret(
    connector: Connector, actor: Actor, site: str, address: str, days: int = DAYS
) -> SecretChange:
    """Make a new one, and tell Jira of it where our account may. Refusal for a site of the settings, and days that cannot be."""
    if not 1 <= days <= MOST_DAYS:
        raise Refusal(f"The former secret may stay for 1 to {MOST_DAYS} days, not for {days}.", "days")
    _require_kept(connector, site)
    until = _kept_anew(connector, actor, site, days)
    open_sites(connector)
    try:
        register(connector, actor, site, address)
    except (AuthFailure, JiraRefusal):
        return SecretChange(until, False, "The connector's account may not register webhooks.")
    except JiraError as error:
        return SecretChange(until, False, error.message)
    return SecretChange(until, True)


def _require_kept(connector: Connector, site: str) -> None:
    given = connector.settings.jira
    if given is not None and given.name == site:
        raise Refusal(
            f"The site {site!r} comes from the settings. Set JIRA_OKR_JIRA__WEBHOOK_SECRET to a new long random text and "
            "JIRA_OKR_JIRA__FORMER_WEBHOOK_SECRET to the one it had, restart, and type the new one into Jira."
        )
    require_added(connector, site)


def _kept_anew(connector: Connector, actor: Actor, site: str, days: int) -> datetime:
    """Everything that proved a delivery until now goes on doing so until then."""
    now = connector.clock()
    until = (now + timedelta(days=days)).replace(microsecond=0)
    keys = vault(connector.settings)
    with connector.store.write() as conn:
        saved = sites.to_change(conn, site)
        if saved is None:
            raise Refusal(f"The site {site!r} was removed meanwhile, and nothing was done.")
        secrets = keys.open(saved.credentials or b"")
        present, lasts = secrets.get("webhook_secret", ""), _lasts(saved.settings, now)
        former = secrets.get("former_webhook_secret", "").splitlines() if lasts else []
        secrets["former_webhook_secret"] = "\n".join(filter(None, (present, *former)))
        secrets["webhook_secret"] = new_secret()
        stays = not present or (lasts and bool(saved.settings.get("path_stays")))
        plain = {**saved.settings, "former_until": until.isoformat(), "path_stays": stays, SHOWN_AT: ""}
        sites.put(conn, site, plain, keys.seal({name: one for name, one in secrets.items() if one}), now)
        audit.note(
            conn, actor.label, "webhook secret changed", now, {"former_until": until.isoformat()}, site
        )
    return until


def _lasts(settings: dict[str, object], now: datetime) -> bool:
    until = str(settings.get("former_until") or "")
    return bool(until) and now <= datetime.fromisoformat(until)
