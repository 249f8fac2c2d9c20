"""`POST /webhooks/jira/<site>`: verify, store, answer 204. Nothing else happens in the request.

Jira retries 408, 409, 425, 429 and 5xx; any other 4xx loses the event. So once the signature holds the answer is 204, or 503
where the delivery could not be made durable. A request of an automation rule that names no issue is answered 400: there is nothing in it to
lose, and people see the answer in the log of the rule.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import structlog
from flask import Blueprint, Response, request

from plugin.runtime.connector import Connector, Site
from plugin.sync.intake.acceptance import Intake, Proof, app_proof_of, fault_of_request, may_prove, proof_of
from plugin.use_cases.health.faults import StoreError

PATH = "/webhooks/jira/"
LARGEST_DELIVERY = 25 * 1024 * 1024
"""Atlassian's documented maximum of a webhook body."""

NAME_ISSUES = (
    "Send Issue data, or custom data that names issues by key or id, as "
    'Jira fills it in: {"issue": "{{issue.key}}"}.'
)

log = structlog.get_logger("jira_okr.webhooks")


def webhooks_blueprint(connector: Connector) -> Blueprint:
    """Routes that take deliveries in."""
    blueprint = Blueprint("webhooks", __name__)
    intake_of = lru_cache(maxsize=1)(Intake)

    @blueprint.post(f"{PATH}<site>")
    @blueprint.post(f"{PATH}<site>/<path_token>")
    def receive(site: str, path_token: str = "") -> Response:
        return take_in(connector, intake_of(connector.store), site, path_token)

    return blueprint


def delivery_size(path: str, headers: Mapping[str, str]) -> int | None:
    """How many bytes of a delivery are worth reading: none where nothing about it could prove it; None for other requests.

    Who knows no secret must not have megabytes of his kept: there is nothing to compare them with.
    """
    if not path.startswith(PATH):
        return None
    named = path.removeprefix(PATH).strip("/").count("/") == 1
    return LARGEST_DELIVERY if named or may_prove(headers) else 0


def take_in(connector: Connector, intake: Intake, name: str, path_token: str) -> Response:
    """Answer one delivery."""
    request.max_content_length = LARGEST_DELIVERY
    try:
        if connector.known_site(name) is None:
            return _refuse(404, f"There is no site {name!r} here.")
        body = request.get_data(cache=False)
        proof = _believed(connector, name, body, path_token)
        if proof is None:
            log.warning("delivery refused: signature missing or wrong", site=name, remote=request.remote_addr)
            intake.refused(name, connector.clock())
            return _refuse(
                401, "The signature is missing or wrong. Compare the secret in Jira's webhook form with ours."
            )
        fault = fault_of_request(proof, body)
        if fault:
            log.warning("request of a rule refused: it asks for nothing", site=name, why=fault)
            return _refuse(400, f"{fault[0].upper()}{fault[1:]}. {NAME_ISSUES}")
        headers = dict(request.headers)
        accepted = intake.accept(name, headers, body, connector.clock(), connector.announcer, proof)
    except StoreError as error:
        log.error("delivery could not be stored; Jira will retry", site=name, error=str(error))
        answer = _refuse(503, "Not stored; please deliver again.")
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    if accepted.new:
        connector.announce()
    return Response(status=204)


def _believed(connector: Connector, name: str, body: bytes, path_token: str) -> Proof | None:
    """A proof that does not fit may be made with a secret that another process has just put in: what is refused is lost."""
    now = connector.clock()
    site = connector.known_site(name)
    found = None if site is None else _proof(site, body, path_token, now)
    if found is not None:
        return found
    connector.look()
    changed = connector.sites.get(name)
    return None if changed is None or changed is site else _proof(changed, body, path_token, now)


def _proof(site: Site, body: bytes, path_token: str, now: datetime) -> Proof | None:
    headers = dict(request.headers)
    found = proof_of(site.name, site.secrets_at(now), headers, body)
    found = found or app_proof_of(site.app_secrets_at(now), headers, now)
    if found is not None or not site.path_token or not site.path_proves(now):
        return found
    knows = hmac.compare_digest(path_token.encode(), site.path_token.encode())
    return Proof("address", former=bool(site.webhook_secret)) if knows else None


def _refuse(status: int, why: str) -> Response:
    return Response(why + "\n", status=status, mimetype="text/plain")
