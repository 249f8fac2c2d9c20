"""`jira-okr check`: settings, store, Jira account and active mapping, each with what to do when it is wrong."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import click

from mappings.diagnostic import MappingError
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector, require_site
from plugin.cli.terminal.output import json_option, say, show_json, site_option
from plugin.next_steps import Door
from plugin.runtime.connector import Connector, Refusal, Site
from plugin.use_cases.health.faults import JiraError
from plugin.use_cases.visibility.jira_sign_in import sign_in_standing
from plugin.use_cases.visibility.site_visibility import Visibility, examine


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One thing that was looked at."""

    what: str
    ok: bool
    detail: str
    remedy: str = ""


@click.command("check")
@site_option
@json_option
def check_command(site: str, as_json: bool) -> None:
    """Look at everything the connector needs and say what is wrong. Exit code 1 where something is."""
    with open_connector(writes=True) as connector:
        if connector.sites:
            require_site(connector, site)
        findings = check_all(connector, site)
    if as_json:
        show_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{'ok   ' if finding.ok else 'WRONG'} {finding.what}: {finding.detail}")
            if not finding.ok and finding.remedy:
                say(f"      to do: {finding.remedy}")
    if not all(finding.ok for finding in findings):
        raise SystemExit(1)


def check_all(connector: Connector, site: str) -> list[CheckLine]:
    """All findings, in the order in which one would mend them."""
    findings = [CheckLine("database", True, connector.store.where), *_key_findings(connector)]
    try:
        jira = connector.site(site).jira
    except Refusal as error:
        return [*findings, CheckLine("site", False, str(error))]
    try:
        me, server = jira.myself(), jira.server()
    except JiraError as error:
        return [*findings, CheckLine("Jira", False, error.message, error.remedy)]
    version = ".".join(map(str, server.version))
    findings.append(CheckLine("Jira", True, f"{server.deployment} {version}, signed in as {me.name}"))
    findings.append(_secret_finding(connector.site(site), server.deployment))
    findings += _visibility_findings(connector, site)
    return [*findings, _mapping_finding(connector, site)]


def _key_findings(connector: Connector) -> list[CheckLine]:
    """Beside a database for several machines each of them would make a key of its own; nothing where there is one for all."""
    if not connector.settings.lacks_shared_key:
        return []
    said = (
        "none is set, so each machine makes one of its own: sessions and stored credentials of one open nothing on another, and the "
        "audit log is not sealed"
    )
    return [CheckLine("secret key", False, said, "Set JIRA_OKR_SECRET_KEY, the same in every process.")]


def _visibility_findings(connector: Connector, site: str) -> list[CheckLine]:
    """Whether Jira answers what the mode of the site needs, and whether people can prove who they are; nothing where everybody sees everything."""
    found = examine(connector, COMMAND_LINE, site)
    if found.mode is Visibility.EVERYONE:
        return []
    remedy = (
        f"Until then what needs it stays hidden; jira-okr site visibility {site} everyone shows all to all."
    )
    sign_in = sign_in_standing(connector, COMMAND_LINE, site)
    proved = "people prove who they are by signing in with this Jira"
    step = sign_in.step.at(Door.COMMAND) if sign_in.step else ""
    lacking = f"nobody can sign in with this Jira to prove who they are. {sign_in.lacks} {step}".strip()
    return [
        CheckLine("visibility", not found.obstacle, found.obstacle or found.mode.value, remedy),
        CheckLine("who is who", True, proved if sign_in.ready else lacking),
    ]


def _secret_finding(site: Site, deployment: str) -> CheckLine:
    """Data Center 9 cannot sign: the end of its webhook address, which nobody can guess, stands for the signature."""
    if not site.webhook_secret and deployment == "datacenter" and site.path_token:
        return CheckLine("webhook secret", True, "none; the end of the webhook address stands for it")
    return CheckLine(
        "webhook secret",
        bool(site.webhook_secret),
        "set" if site.webhook_secret else "missing",
        "Set JIRA_OKR_JIRA__WEBHOOK_SECRET to the secret in Jira's webhook form; unsigned deliveries are refused.",
    )


def _mapping_finding(connector: Connector, site: str) -> CheckLine:
    try:
        connector.catalogue(site, fresh=True)
        mapping = connector.context(site).mapping
    except (Refusal, MappingError) as error:
        return CheckLine(
            "mapping", False, str(error), "jira-okr mapping check FILE shows every finding with its place."
        )
    return CheckLine("mapping", True, f"{mapping.document.name}, revision {mapping.revision}")
