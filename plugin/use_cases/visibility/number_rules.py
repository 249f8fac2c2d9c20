"""What a use case tells of numbers, where numbers are by permission. One that is not named here is refused to whoever may not see all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

ROOM = "plugin.use_cases."


class NumberRule(Enum):
    """How much of the numbers of objectives is in the answer of a use case."""

    EACH = "of each objective for itself, or of none: they are cut from the answer"
    ONE = "of one objective, which it is asked for: for one without numbers nothing is told"
    WHOLE = "of one objective, by all its rows: there is none (None) where one of them is hidden, even where only rows are"
    ALL = "of many together: it is refused where there is one without numbers"


NAMES: Mapping[NumberRule, Mapping[str, str]] = {
    NumberRule.EACH: {
        "accounts.audit": "export_entries export_writes list_entries",
        "accounts.own_account": (
            "change_password end_session list_sessions own_account prove_by_password sessions_of "
            "sign_out_everywhere"
        ),
        "accounts.people": (
            "add change_role disable enable list_people names person person_called remove "
            "require_new set_password sign_out"
        ),
        "accounts.provider_sign_in": "sign_in_by_provider note_failure prove",
        "accounts.saved_views": "keep list_views remove",
        "accounts.second_factor": (
            "begin confirm factor_state prove_by_code remove remove_for renew_codes factor_to_confirm with_factor"
        ),
        "accounts.set_up": "make_first_account invite is_needed is_valid make_link",
        "accounts.sign_in": "sign_in sign_in_with_code",
        "accounts.sign_in_link": "enter make_link opens",
        "accounts.tokens": "list_all list_own make make_for revoke revoke_own",
        "accounts.tour": "has_left leave",
        "badges.badges": "image list_badges publish revoke",
        "check_ins.check_ins": "check_in keep withdraw",
        "check_ins.conversation": "reply take_back",
        "check_ins.due_check_ins": "due_check_ins due_on",
        "cycles.closure": "reopen_cycle",
        "cycles.cycles": "past_cycles running_cycles verify_records",
        "cycles.learnings": "learnings_of list_learnings write_learning",
        "cycles.locks": "waits_behind_lock",
        "digests.digests": (
            "list_outbox mail_to_stop preview_digest retry_message send_digest stop_digest tell_now"
        ),
        "digests.recipients": (
            "list_digests own_digests resume_digest resume_own_digest stop_own_digest suspend_digest"
        ),
        "forge.contributions": "clause",
        "forge.events": "catch_up leave take_in",
        "forge.pairing": "make_code pair list_installations unpair",
        "forge.pairing_status": "pairing_status",
        "health.diagnostics": "collect_diagnostics",
        "health.kept_data": "kept_data",
        "health.missing_matters": "list_matters matters_of",
        "health.status": "installation objective_counts readiness status vitals",
        "imports.imports": "apply begin file_columns give_up list_imports plan show_import",
        "kpis.board": "kpi kpi_figures list_kpis list_readings",
        "kpis.creation": "creation_plan",
        "kpis.days": "let_days_pass",
        "kpis.departures": "departed_kpis",
        "kpis.episodes": "accept dismiss",
        "kpis.promotions": "dismiss_promotion list_promotions promote",
        "kpis.readings": "import_file push receive",
        "kpis.sources.pulls": "read_now",
        "mappings.drafts": "drop keep own_draft own_drafts",
        "mappings.first_mapping": "fit",
        "mappings.mapping_life": "check_text glance_text rollback",
        "mappings.renames": "reword",
        "mappings.revisions": "active bound list_activations list_revisions revision",
        "mappings.trial": "rules_to_try try_rules",
        "objectives.as_of": "as_of as_of_draft asked_instant read_histories read_lacking read_some",
        "objectives.backfill": "begin foresee is_done latest_backfill reconstruct",
        "objectives.fed_numbers": "fed_numbers",
        "objectives.goals": "check link list_goals try_out",
        "objectives.objective_lines": "every_line line lines",
        "objectives.objective_list": "cycle_headlines cycles_to_list every_headline list_members list_objectives",
        "objectives.objectives": (
            "aligned_in aligned_to objective_or_parent drift_below every_objective every_point explained_by knows_issue "
            "list_all list_counted list_some news objective objective_in"
        ),
        "record.chain": "verify",
        "record.personal_data": "erase_person hand_out_data",
        "record.push": "push_now",
        "record.refusals": "note_refusal",
        "sites.application_link": "application_link forget_application_link take_application_link",
        "sites.consent": "begin finish prepare consent_standing",
        "sites.database": (
            "address_of_tools back_up health note_backup prove require_restorable restore settle upgrade_schema"
        ),
        "sites.field_creation": "create_fields created_fields foresee_fields trash_field",
        "sites.goals_account": "forget_goals_account goals_account take_goals_account",
        "sites.secret_change": "change_secret",
        "sites.sites": "add attempt list_sites one_site remove renew require_addable require_added reseal",
        "sites.webhook": "delete in_jira_when_asked_last last_delivery list_webhooks register show_secret target",
        "subscriptions.subscriptions": (
            "list_subscriptions pause renew_secret replay resume send_test subscribe unsubscribe"
        ),
        "visibility.account_people": "leave list_people people_of tie tie_by_address untie",
        "visibility.jira_sign_in": "begin finish note_stray own_ways sign_in_standing",
        "visibility.site_visibility": "change_visibility examine site_visibility",
        "work.background_jobs": "latest_job",
        "work.dead_letters": "discard find_letter list_letters retry",
        "work.deliveries": "list_deliveries replay",
        "work.gaps": "accept_gaps list_gaps reopen_gaps",
        "work.held_writes": "drop list_held release",
        "work.idempotency": "keep release take",
        "work.losses": "accept dismiss list_held list_losses",
        "work.obstacles": "obstacles",
        "work.plans": "apply list_writes objectives_in_order plan written_fields",
        "work.refusals": "discard list_refusals retry",
        "work.site_read": "begin_reading read_now",
        "work.sync": "anything_read begin latest_sync run",
    },
    NumberRule.ONE: {
        "check_ins.check_ins": "list_check_ins list_comments",
        "check_ins.conversation": "list_replies",
        "forecasts.forecasts": "forecast_of",
        "objectives.objectives": "history marks movement",
    },
    NumberRule.WHOLE: {
        "forge.what_if": "calculation",
    },
    NumberRule.ALL: {
        "cycles.carry": "carry_forward preview_carry",
        "cycles.carry_undo": "preview_undo undo_carry",
        "cycles.closure": "close_cycle",
        "cycles.cycles": "list_cycles show_cycle",
        "cycles.locks": "lock_cycle show_lock unlock_cycle",
        "cycles.replay": "read_lacking_of_cycle replay replay_draft",
        "cycles.versions": "difference",
        "forecasts.forecast_record": "calibration_of",
        "imports.okr_export": "export_okrs",
        "mappings.field_samples": "read_samples",
        "mappings.first_mapping": "first_number",
        "mappings.mapping_life": "activate begin_activation preview_text",
        "mappings.past_preview": "preview_as_of read_lacking_then",
        "meeting.agenda": "show_meeting",
        "practice.advice": "list_advice",
        "practice.practice": "assess_practice",
        "practice.scorecard": "show_scorecard",
    },
}
"""Every use case, by module, under its rule: whoever adds one says here what of numbers is in its answer (`tests/plugin/use_cases/test_number_rules.py`)."""
RULES = {
    f"{module}.{name}": rule
    for rule, named in NAMES.items()
    for module, names in named.items()
    for name in names.split()
}


class TimeReach(Enum):
    """Of which time the numbers are in the answer of a use case that tells of many together."""

    NOW = "of now; what else it tells is of each for itself"
    END = "of the end of the cycle that it is asked for, or of now where that runs; without one of now"
    CYCLE = "of all days of that cycle, until now"
    ENDS = "of the ends of all cycles"
    INSTANT = "of the instant that it is asked for, and of now"
    EVER = "of any time"


REACHES: Mapping[TimeReach, str] = {
    TimeReach.NOW: (
        "mappings.field_samples.read_samples mappings.first_mapping.first_number mappings.mapping_life.activate "
        "mappings.mapping_life.begin_activation mappings.mapping_life.preview_text meeting.agenda.show_meeting"
    ),
    TimeReach.END: (
        "cycles.carry.carry_forward cycles.carry.preview_carry cycles.carry_undo.preview_undo cycles.carry_undo.undo_carry "
        "cycles.closure.close_cycle cycles.cycles.show_cycle cycles.versions.difference "
        "practice.practice.assess_practice practice.scorecard.show_scorecard"
    ),
    TimeReach.CYCLE: (
        "cycles.locks.lock_cycle cycles.locks.show_lock cycles.locks.unlock_cycle cycles.replay.read_lacking_of_cycle cycles.replay.replay "
        "cycles.replay.replay_draft forecasts.forecast_record.calibration_of"
    ),
    TimeReach.ENDS: "cycles.cycles.list_cycles practice.advice.list_advice",
    TimeReach.INSTANT: "mappings.past_preview.preview_as_of mappings.past_preview.read_lacking_then",
    TimeReach.EVER: "imports.okr_export.export_okrs",
}
"""Every use case whose rule is ALL, by how far back its numbers go."""
REACH_OF = {name: reach for reach, named in REACHES.items() for name in named.split()}


def reach_of(use_case: Callable[..., object]) -> TimeReach:
    """How far back the numbers of a use case go; ever, where nobody thought of it."""
    name = f"{use_case.__module__}.{use_case.__qualname__}".removeprefix(ROOM)
    return REACH_OF.get(name, TimeReach.EVER)


def rule_of(use_case: Callable[..., object]) -> NumberRule:
    """The rule of a use case; the strictest where nobody thought of it."""
    return RULES.get(f"{use_case.__module__}.{use_case.__qualname__}".removeprefix(ROOM), NumberRule.ALL)
