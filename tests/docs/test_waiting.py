"""Whatever waits has an end: the table of the operators names everything that does, and a test sees each of it end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.store.schema import columns

ROOT = Path(__file__).parents[2]
SECTION = "## What waits\n"


@dataclass(frozen=True)
class Waiting:
    """The tables whose rows wait so, and the tests that see that it ends: by itself or by a person."""

    tables: tuple[str, ...]
    ends: tuple[str, ...]


SYNC, USE_CASES = "plugin/sync", "plugin/use_cases"
WAITING = {
    "held writes": Waiting(
        ("write", "plan", "brake"),
        (
            f"{SYNC}/test_explained.py::test_an_event_writes_what_it_explains_and_no_more",
            f"{SYNC}/test_doubts.py::test_a_row_that_left_without_a_word_and_is_deleted_is_explained",
            f"{SYNC}/test_holding.py::test_a_field_that_was_calm_for_an_hour_is_written_again",
            f"{USE_CASES}/work/test_held_writes.py::test_what_is_held_of_an_objective_is_decided_alike_at_each_door",
        ),
    ),
    "interrupted writes that cannot be looked up": Waiting(
        ("write", "permit"),
        (
            f"{SYNC}/test_parked_writes.py::test_what_is_shown_again_settles_it_with_the_next_full_sync",
            f"{SYNC}/test_parked_writes.py::test_a_person_ends_it_and_the_audit_log_says_who",
        ),
    ),
    "paced writes": Waiting(
        ("due",),
        (
            f"{SYNC}/test_holding.py::test_a_field_whose_inputs_change_ten_times_a_second_is_paced_and_never_frozen",
        ),
    ),
    "refused fields": Waiting(
        ("refusal", "permit"),
        (
            f"{SYNC}/test_refusals.py::test_a_full_sync_tries_one_of_each_kind_again_and_all_once_it_passes",
            f"{SYNC}/test_refusals.py::test_a_permission_that_comes_back_is_noticed_by_the_next_look_at_what_changed",
            f"{USE_CASES}/work/test_dead_letters.py::test_a_refused_field_is_tried_again_alike_at_each_door",
        ),
    ),
    "gaps": Waiting(
        ("gap", "hidden_parent"),
        (
            f"{SYNC}/test_gaps.py::test_a_number_that_needs_a_gap_stands_as_it_was_until_it_is_read",
            f"{SYNC}/test_gaps.py::test_parents_out_of_sight_are_asked_for_once_a_day",
            f"{USE_CASES}/work/test_gaps.py::test_every_door_accepts_it_and_takes_that_back",
        ),
    ),
    "issues that are missing": Waiting(
        ("loss",),
        (
            f"{SYNC}/test_losses.py::test_what_is_dismissed_is_asked_about_again_once_it_was_seen",
            f"{SYNC}/test_losses.py::test_what_was_dismissed_and_is_gone_after_all_is_accepted_by_its_name",
            f"{USE_CASES}/work/test_losses.py::test_every_door_keeps_one_or_all_of_a_project",
        ),
    ),
    "names that are gone": Waiting(
        ("name_comparison", "binding"),
        (f"{SYNC}/test_names.py::test_a_field_that_is_gone_holds_every_number_that_needs_it",),
    ),
    "an activation that stands": Waiting(
        ("activation_run", "coming_mapping"),
        (
            f"{SYNC}/test_activation.py::test_what_was_interrupted_goes_on_by_itself",
            f"{SYNC}/test_activation.py::test_the_brake_weighs_what_was_read_and_waits_for_a_person",
            f"{SYNC}/test_activation.py::test_an_activation_whose_place_another_text_takes_reads_on_no_more",
        ),
    ),
    "objectives that are due": Waiting(
        ("due",),
        ("plugin/jobs/test_contract.py::test_a_failing_objective_blocks_no_other_and_waits_for_a_person",),
    ),
    "failed items": Waiting(
        ("due",), (f"{USE_CASES}/work/test_dead_letters.py::test_a_letter_is_acted_on_alike_at_each_door",)
    ),
    "deliveries": Waiting(
        ("delivery", "delivery_base", "batch_size"),
        (
            f"{SYNC}/test_refused_batches.py::test_the_other_deliveries_land_and_the_guilty_one_says_why",
            f"{USE_CASES}/work/test_deliveries_and_sync.py::test_a_delivery_is_replayed_with_an_entry_and_what_waits_already_without",
        ),
    ),
    "an outage, a pause that Jira asked for": Waiting(
        ("outage", "pause", "quota"),
        (
            f"{SYNC}/test_outage.py::test_refused_credentials_are_a_standing_message_until_they_are_accepted",
            f"{SYNC}/test_outage.py::test_jiras_own_pause_is_kept_to_the_second",
        ),
    ),
    "reads that fail, and lists of Jira that are none": Waiting(
        ("read_failure", "read_request", "schedule"),
        ("plugin/jobs/test_schedules.py::test_a_run_that_failed_rests_a_moment_and_is_tried_again",),
    ),
    "a full read that was interrupted": Waiting(
        ("resync_run", "resync_page"),
        (
            f"{SYNC}/test_resuming.py::test_it_goes_on_with_the_pages_that_are_left",
            f"{SYNC}/test_resuming.py::test_it_begins_anew_where_it_must",
        ),
    ),
    "long work in the background": Waiting(
        ("background_job",),
        ("plugin/pages/mappings/test_mapping_pages.py::test_a_background_job_that_fell_silent_has_failed",),
    ),
    "messages to people": Waiting(
        ("outbox",),
        (
            f"{SYNC}/test_digests.py::test_what_is_not_acknowledged_is_tried_again_and_what_is_refused_for_good_is_given_up",
            f"{USE_CASES}/digests/test_digests.py::test_a_digest_is_planned_previewed_sent_retried_and_stopped_alike_at_each_door",
        ),
    ),
    "events for programs": Waiting(
        ("outbox", "subscription"),
        (
            f"{SYNC}/test_subscriptions.py::test_an_address_that_takes_nothing_for_days_is_dead_until_somebody_resumes_it",
        ),
    ),
    "imports": Waiting(
        ("import_plan", "import_row"),
        (
            f"{USE_CASES}/imports/test_imports.py::test_what_jira_declines_stops_it_with_the_row_and_is_gone_on_with",
            f"{USE_CASES}/imports/test_imports.py::test_one_that_cannot_become_whole_is_given_up_and_the_next_makes_its_rest_whole",
        ),
    ),
    "objectives being carried forward": Waiting(
        ("carry",),
        (
            f"{SYNC}/test_carrying.py::test_what_jira_refuses_is_said_and_may_be_asked_for_again",
            f"{SYNC}/test_carry_copies.py::test_what_was_never_made_waits_for_a_person_who_may_ask_again",
            f"{SYNC}/test_carry_undo.py::test_what_jira_refuses_on_the_way_back_is_said_with_what_was_set_back_and_asked_for_again",
        ),
    ),
    "what is proposed for KPIs, and issues of theirs that Jira refused": Waiting(
        ("kpi_state", "kpi_failure"),
        (
            f"{USE_CASES}/kpis/test_kpis.py::test_every_door_accepts_and_dismisses_alike",
            f"{USE_CASES}/kpis/test_kpi_creation.py::test_what_jira_itself_declines_is_told_and_tried_again_by_itself_and_at_once_by_a_person",
        ),
    ),
    "cycles that are locked": Waiting(
        ("cycle_lock",),
        (
            f"{SYNC}/test_locks.py::test_nothing_joins_or_leaves_a_locked_cycle_and_it_ends_with_its_terms",
            f"{SYNC}/test_locks.py::test_terms_stand_what_is_measured_moves_and_unlocking_lets_what_waited_take_effect",
        ),
    ),
    "consents, links and codes": Waiting(
        ("oauth_consent", "oauth_grant", "set_up_link", "sign_in_link", "forge_code"),
        (
            "plugin/access/test_set_up.py::test_the_link_runs_out",
            f"{USE_CASES}/sites/test_oauth.py::test_a_consent_that_is_taken_back_says_what_to_do_and_is_asked_for_no_more",
        ),
    ),
    "our values on issues that are hidden": Waiting(
        ("written_value",),
        (
            f"{SYNC}/test_leftovers.py::test_what_cannot_be_seen_for_a_while_is_cleared_once_it_is_shown_again",
        ),
    ),
}
"""By its line in the table."""
NOTHING_WAITS = [
    "account",
    "account_person",
    "activation",
    "alignment",
    "api_token",
    "api_version",
    "app_webhook",
    "audit",
    "audit_push",
    "audit_seal",
    "backfill",
    "badge",
    "call_minute",
    "caller",
    "candidate",
    "candidate_query",
    "catalogue",
    "check_in",
    "check_in_reply",
    "closing",
    "comment",
    "comment_read",
    "counted_span",
    "cycle_alignment",
    "cycle_end",
    "cycle_line",
    "cycle_list",
    "delivery_count",
    "delivery_source",
    "departed_sight",
    "dependency",
    "draft",
    "drift",
    "engine_version",
    "forecast",
    "forge_installation",
    "former_call",
    "former_key",
    "former_lag",
    "former_name",
    "former_title",
    "full_read",
    "history",
    "idempotency_answer",
    "issue",
    "issue_history",
    "issue_sight",
    "kpi_former_reading",
    "kpi_period",
    "kpi_reading",
    "last_reconcile",
    "last_write",
    "learning",
    "link",
    "listing",
    "objective",
    "open_session",
    "opt_out",
    "pace_day",
    "process",
    "process_crash",
    "project_sight",
    "promotion",
    "recent_read",
    "recovery_code",
    "revision",
    "saved_view",
    "second_factor",
    "sign_in_attempt",
    "site",
    "site_visibility",
    "snapshot",
    "snapshot_base",
    "state_change",
    "told_level",
    "tombstone",
    "watermark",
    "webhook_state",
    "write_count",
]
"""Tables of what is known, said or counted: no row of theirs holds anything up."""


def lines() -> list[list[str]]:
    """The cells of the table, line by line."""
    text = (ROOT / "docs" / "operations.md").read_text().partition(SECTION)[2].partition("\n## ")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]


def test_the_table_names_all_that_waits() -> None:
    assert [cells[0] for cells in lines()] == list(WAITING)


@pytest.mark.parametrize("cells", lines(), ids=lambda cells: str(cells[0]))
def test_it_says_of_each_where_it_is_seen_and_what_ends_it(cells: list[str]) -> None:
    _, seen, itself, person = cells
    assert seen
    assert itself or person


def test_every_table_of_the_database_is_one_of_something_that_waits_or_of_nothing_that_does() -> None:
    """Whoever adds a table says which."""
    named = {name for one in WAITING.values() for name in one.tables}
    assert named.isdisjoint(NOTHING_WAITS)
    assert named | set(NOTHING_WAITS) == set(columns.metadata.tables)


@pytest.mark.parametrize(
    "place", sorted({place for one in WAITING.values() for place in one.ends}), ids=lambda one: one
)
def test_there_is_the_test_that_sees_it_end(place: str) -> None:
    path, _, name = place.partition("::")
    assert re.search(rf"^def {name}\(", (ROOT / "tests" / path).read_text(), re.MULTILINE)
