"""`jira-okr kpi`: where KPIs stand, their readings, and readings from a file."""

from __future__ import annotations

from pathlib import Path

import click

from mappings.kpi.episode import KpiStatus
from mappings.kpi.state import PeriodStanding
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.kpis.board import ShownKpi, kpi, list_kpis, list_readings
from plugin.use_cases.kpis.creation import CreationPlan, creation_plan
from plugin.use_cases.kpis.departures import departed_kpis, departure_values
from plugin.use_cases.kpis.episodes import accept, dismiss
from plugin.use_cases.kpis.kpi_values import (
    creation_plan_values,
    happened_values,
    kpi_values,
    periods_values,
    pull_values,
    reading_values,
)
from plugin.use_cases.kpis.kpi_words import band_words, level_word, period_name, told_words, value_words
from plugin.use_cases.kpis.promotions import (
    dismiss_promotion,
    list_promotions,
    promote,
    promoted_values,
    promotion_values,
)
from plugin.use_cases.kpis.readings import import_file
from plugin.use_cases.kpis.sources.pulls import read_now

MOST_SHOWN = 100_000


@click.group("kpi")
def kpi_group() -> None:
    """Watch figures that should stay in a band: where each stands, and what was read and counted."""


@kpi_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List the KPIs of the active mapping."""
    with open_connector(site=site) as connector:
        found = list_kpis(connector, COMMAND_LINE, site)
    if as_json:
        show_json([kpi_values(one) for one in found])
    elif not found:
        say("The active mapping watches no KPI: write some under kpis: (docs/kpi.md).")
    else:
        columns = ("KPI", "Level", "Value", "Period", "Healthy", "So far", "State")
        show_table("KPIs", columns, [_row(one) for one in found])


@kpi_group.command("show")
@click.argument("id_", metavar="KPI")
@site_option
@json_option
def show_command(id_: str, site: str, as_json: bool) -> None:
    """Show a KPI by its id: its latest periods and what was counted of them."""
    with open_connector(site=site) as connector:
        one = _known(connector, site, id_)
    if as_json:
        show_json({**kpi_values(one), "periods": periods_values(one), "happened": happened_values(one)})
        return
    say(f"{one.part.name} ({one.part.id}): {level_word(one.standing.level)}")
    shown = [
        period
        for period in reversed(one.periods)
        if period.worth.readings or period.judgement or period.worth.reason
    ]
    rows = [_period_row(one, period) for period in shown]
    show_table("Periods", ("Period", "Value", "Level", "Healthy", "Readings", "What was counted"), rows)
    for each in one.happened:
        say(f"{each.at.astimezone(one.zone):%Y-%m-%d %H:%M %Z}  {each.what}  {each.issue}".rstrip())


@kpi_group.command("readings")
@click.argument("id_", metavar="KPI")
@click.option("--limit", type=click.IntRange(1, MOST_SHOWN), default=50, show_default=True)
@site_option
@json_option
def readings_command(id_: str, limit: int, site: str, as_json: bool) -> None:
    """List the readings of a KPI, the latest first."""
    with open_connector(site=site) as connector:
        one = _known(connector, site, id_)
        found = list_readings(connector, COMMAND_LINE, site, id_, None, limit)
    if as_json:
        show_json([reading_values(reading) for reading in found])
        return
    rows = [
        (
            f"{reading.at.astimezone(one.zone):%Y-%m-%d %H:%M:%S %Z}",
            value_words(reading.value, one.part.unit),
            f"{reading.received.astimezone(one.zone):%Y-%m-%d %H:%M:%S %Z}",
            reading.source,
            ", ".join(value_words(each.value, one.part.unit) for each in reading.former),
            reading.note,
        )
        for reading in found
    ]
    show_table("Readings", ("At", "Value", "Received", "Source", "Before", "Note"), rows)


@kpi_group.command("read")
@click.argument("id_", metavar="KPI")
@site_option
@json_option
def read_command(id_: str, site: str, as_json: bool) -> None:
    """Ask the source of a KPI now, for the running period. Ends with 1 where it gives no reading, and says why."""
    with open_connector(site=site) as connector:
        unit = _known(connector, site, id_).part.unit
        pull = read_now(connector, COMMAND_LINE, site, id_)
    if as_json:
        show_json(pull_values(pull))
    elif pull.reading is not None:
        say(f"{id_}: {value_words(pull.reading.value, unit)}")
    elif pull.failure is not None:
        say(f"{id_}: no reading: {pull.failure.reason}. {pull.failure.remedy}".rstrip())
    if pull.reading is None:
        raise SystemExit(1)


@kpi_group.command("accept")
@click.argument("id_", metavar="KPI")
@click.option(
    "--issue", default="", help="The key of the issue that is the key result; without one it is made in Jira."
)
@click.option(
    "--objective",
    default="",
    help="The key of the issue under which it is made, where the mapping names none.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
@site_option
@json_option
def accept_command(id_: str, issue: str, objective: str, dry_run: bool, site: str, as_json: bool) -> None:
    """Take an issue as the key result that is proposed, or have it made; where closing is proposed, close it in Jira.

    Ends with 1 where it is not made yet, and says why.
    """
    if dry_run and issue:
        raise click.UsageError("--dry-run says what would be made; with --issue nothing is.")
    with open_connector(site=site) as connector:
        if dry_run:
            _foretell(id_, creation_plan(connector, COMMAND_LINE, site, id_, objective), as_json)
            return
        one = accept(connector, COMMAND_LINE, site, id_, issue, objective)
    if one.state.wanted:
        creation = one.state.creation
        said = "" if creation is None else f"{creation.said} {creation.remedy}".strip()
        _decided(one, f"{id_}: its key result is wanted and not made yet. {said}".strip(), as_json)
        raise SystemExit(1)
    if one.state.status is KpiStatus.WATCHING:
        _decided(one, f"{id_}: its key result is closed; it is watched again.", as_json)
        return
    _decided(one, f"{id_}: {one.key_result.key if one.key_result else issue} is its key result.", as_json)


def _foretell(id_: str, plan: CreationPlan, as_json: bool) -> None:
    if as_json:
        show_json(creation_plan_values(plan))
    elif not plan.hindrances and plan.planned is not None and plan.kind is not None:
        below = f" below {plan.planned.parent.key}" if plan.planned.parent is not None else ""
        say(f"{id_}: {plan.kind.name} in {plan.planned.project.key}{below}: {plan.planned.summary}")
    for one in () if as_json else plan.hindrances:
        say(f"{id_}: {one.message} {one.remedy}")
    if plan.hindrances:
        raise SystemExit(1)


@kpi_group.command("dismiss")
@click.argument("id_", metavar="KPI")
@site_option
@json_option
def dismiss_command(id_: str, site: str, as_json: bool) -> None:
    """Say no to what is proposed, a new key result or closing one, and count anew."""
    with open_connector(site=site) as connector:
        one = dismiss(connector, COMMAND_LINE, site, id_)
    _decided(one, f"{id_}: dismissed; it counts anew.", as_json)


@kpi_group.command("departed")
@site_option
@json_option
def departed_command(site: str, as_json: bool) -> None:
    """List the KPIs that have left the mapping: what was read of them is kept for 90 days."""
    with open_connector(site=site) as connector:
        found = departed_kpis(connector, COMMAND_LINE, site)
    if as_json:
        show_json([departure_values(one) for one in found])
    elif not found:
        say("No KPI has left the mapping of late.")
    else:
        rows = [
            (
                one.id,
                f"{one.left:%Y-%m-%d}",
                f"{one.kept_until:%Y-%m-%d}",
                value_words(one.value),
                one.key_result or "",
            )
            for one in found
        ]
        show_table("Left the mapping", ("KPI", "Left", "Kept until", "Counted last", "Key result"), rows)


@kpi_group.command("promotions")
@site_option
@json_option
def promotions_command(site: str, as_json: bool) -> None:
    """List key results that were achieved in each of the last closed cycles, and are proposed as KPIs."""
    with open_connector(site=site) as connector:
        found = list_promotions(connector, COMMAND_LINE, site)
    if as_json:
        show_json([promotion_values(one) for one in found])
    elif not found:
        say("No key result is proposed as a KPI.")
    else:
        values = [promotion_values(one) for one in found]
        rows = [
            tuple(str(one[name]) for name in ("key", "title", "cycles", "kpi" if one["kpi"] else "hindrance"))
            for one in values
        ]
        show_table("Key results to watch as KPIs", ("Key result", "Title", "Achieved", "As"), rows)


@kpi_group.command("promote")
@click.argument("key_result", metavar="KEY_RESULT")
@click.option("--dismiss", "no", is_flag=True, help="Say no: it goes on as a key result.")
@site_option
@json_option
def promote_command(key_result: str, no: bool, site: str, as_json: bool) -> None:
    """Print the mapping with a KPI that watches this key result, to be kept and activated; or say no to it."""
    with open_connector(site=site) as connector:
        if no:
            dismiss_promotion(connector, COMMAND_LINE, site, key_result)
            show_json({"dismissed": key_result}) if as_json else say(f"{key_result}: dismissed.")
            return
        made = promote(connector, COMMAND_LINE, site, key_result, keep=False)
    if as_json:
        show_json(promoted_values(made))
    else:
        click.echo(made.text, nl=False)


def _decided(one: ShownKpi, said: str, as_json: bool) -> None:
    if as_json:
        show_json(kpi_values(one))
    else:
        say(said)


@kpi_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kpi", "id_", help="The KPI of a file without a column kpi.")
@site_option
@json_option
def import_command(file: Path, id_: str | None, site: str, as_json: bool) -> None:
    """Take readings from a CSV file: at,value or kpi,at,value. All of it or nothing; the same again changes nothing."""
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(f"{file} is no UTF-8 text (byte {error.start + 1}): save it as UTF-8.") from None
    with open_connector(site=site) as connector:
        kept = import_file(connector, COMMAND_LINE, site, text, id_)
    if as_json:
        show_json(
            {name: {receipt.value: number for receipt, number in said.items()} for name, said in kept.items()}
        )
    else:
        for name, said in kept.items():
            counted = ", ".join(f"{number} {receipt.value}" for receipt, number in said.items())
            say(f"{name}: {counted}")
        if not kept:
            say("The file holds no reading.")


def _known(connector: Connector, site: str, id_: str) -> ShownKpi:
    one = kpi(connector, COMMAND_LINE, site, id_)
    if one is None:
        raise Refusal(f"The active mapping has no KPI {id_}. jira-okr kpi list shows those it has.")
    return one


def _row(one: ShownKpi) -> tuple[str, ...]:
    stands, unit = one.standing, one.part.unit
    settled = stands.settled
    return (
        one.part.id,
        level_word(stands.level),
        value_words(one.latest_value, unit),
        "" if settled is None else period_name(one.part.cadence, settled.period, one.zone),
        "" if settled is None else band_words(settled.bands.healthy, unit),
        "" if stands.so_far is None else value_words(stands.so_far.value, unit),
        one.state.status.value,
    )


def _period_row(one: ShownKpi, period: PeriodStanding) -> tuple[str, ...]:
    return (
        period_name(one.part.cadence, period.period, one.zone),
        value_words(period.value, one.part.unit),
        level_word(period.level),
        band_words(period.bands.healthy, one.part.unit),
        str(period.worth.readings),
        told_words(period),
    )
