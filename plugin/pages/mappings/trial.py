"""The test bench: a rule of the draft, or a JQL, tried on the issues of the local copy. Its address says all of it, so it needs no script."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from mappings.diagnostic import Diagnostic, MappingError
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import known_site
from plugin.pages.mappings.mapping_editor import open_draft
from plugin.pages.objectives.objective_address import objective_address
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.health.faults import JiraError
from plugin.use_cases.mappings.trial import TYPED, TrialResult, rules_to_try, try_rules

LONGEST = 20_000


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/mapping/<site>/try", endpoint="trial")
    @needs("admin", lane="heavy")
    def trial(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return bench_page(connector, site)


def bench_page(connector: Connector, site: str) -> ResponseReturnValue:
    """What was asked, and what came of it: issues, or what is wrong with the question."""
    rule, jql, key = (request.args.get(name, "").strip()[:LONGEST] for name in ("tried", "jql", "key"))
    text, found, refused = open_draft(connector, site).text, None, ""
    wrong: tuple[Diagnostic, ...] = ()
    try:
        found = try_rules(
            connector, current_actor(), site, text, rule="" if jql else rule, jql=jql, any_issue=key
        )
    except MappingError as error:
        wrong = error.diagnostics
    except (Refusal, JiraError) as error:
        refused = str(error)
    several = len(connector.sites) > 1
    page = render(
        "mapping_try.html",
        "mapping",
        site=site,
        rule=rule,
        jql=jql,
        key=key,
        rules=found.rules
        if found is not None and found.rules
        else rules_to_try(connector, current_actor(), site, text),
        found=found,
        wrong=wrong,
        of_draft=bool(wrong) and not all(one.path == TYPED for one in wrong),
        refused=refused,
        one_rule=bool(rule or jql),
        taking=_taking(found),
        address=lambda name: objective_address(name, site if several else None),
    )
    return page, 200 if found is not None else 422


def _taking(found: TrialResult | None) -> list[str]:
    """The names of the rules that take the issue that was asked about."""
    return [one.rule.name for one in found.answers if one.taken] if found is not None else []
