"""Another token in the place of one that expires, and the day on which it does: for sites added here, without setting them up anew."""

from __future__ import annotations

from datetime import date, timedelta

from connectors.store.people import audit
from connectors.store.sites import sites
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import (
    ConnectionTest,
    day_text,
    elsewhere,
    first_answer,
    open_sites,
    require_added,
    require_ahead,
    secrets_of,
    settings_of_row,
)

FORMER = timedelta(days=7)
"""So long the former secret of an app still proves deliveries, which may have been signed before, and is tried where the present one does not hold yet."""


def renew(
    connector: Connector, name: str, token: str, expires: date | None, by: str
) -> ConnectionTest | None:
    """Keep the day, and the token where one is given, once Jira has taken it; webhook and data stay as they are.

    Refusal for what cannot be and JiraError where the token is refused; then nothing is changed. None where nothing was tested.
    """
    now = connector.clock()
    require_ahead(expires, now)
    require_added(connector, name)
    with connector.store.read() as conn:
        saved = sites.get(conn, name)
    if saved is None:
        raise _changed(name)
    secrets = vault(connector.settings).open(saved.credentials or b"")
    if token:
        kind = next((kind for kind in ("pat", "client_secret", "token") if kind in secrets), "token")
        if kind == "client_secret" and secrets[kind] != token:
            secrets["former_client_secret"] = secrets[kind]
        secrets[kind] = token
    settings = settings_of_row(connector, saved, secrets)
    found = first_answer(connector, settings) if token and not settings.by_consent else None
    if found is not None:
        expires = found.token_expires or expires
    plain = {**saved.settings, "token_expires": day_text(expires)}
    if token and "former_client_secret" in secrets:
        plain["former_app_until"] = (now + FORMER).replace(microsecond=0).isoformat()
    if found is not None:
        plain["api_base"] = elsewhere(settings, found)
        secrets = secrets_of(settings)
    with connector.store.write() as conn:
        if sites.to_change(conn, name) != saved:
            raise _changed(name)
        sites.put(conn, name, plain, vault(connector.settings).seal(secrets), now)
        detail = {"token": "new" if token else "the same", "expires": day_text(expires) or "not known"}
        audit.note(conn, by, "site credential changed", now, detail, name)
    open_sites(connector)
    return found


def _changed(name: str) -> Refusal:
    return Refusal(f"The site {name!r} was changed or removed meanwhile, and nothing was done. Try again.")
