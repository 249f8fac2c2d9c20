"""A Data Center as its own authorisation server, by application links: `/rest/oauth2/latest/authorize` and `/token`."""

from __future__ import annotations

import msgspec
from flask import Response, request

from connectors.sandbox.routes.authorization import consent_routes
from connectors.sandbox.site import raw, site
from connectors.sandbox.traffic.oauth import OAuthRefusal

PREFIX = "/rest/oauth2/latest"
LASTS_S = 7200

routes = consent_routes("application_link", lambda args: site().oauth.asked_by_link(args), PREFIX)


@routes.post("/token")
def token() -> Response:
    """By a form. Stricter than Jira, which takes the same in the address, where logs would have the secret. A refresh token comes unasked."""
    if request.mimetype != "application/x-www-form-urlencoded" or request.args:
        raise OAuthRefusal(400, "invalid_request", "The body has to be a form.")
    given = site().oauth.token(request.form.to_dict())
    told = {**given, "expires_in": LASTS_S, "refresh_token": "not-asked-for", "created_at": 1_795_000_000}
    return raw(msgspec.json.encode(told))
