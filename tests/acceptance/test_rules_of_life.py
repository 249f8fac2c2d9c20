"""The rules by which readings, KPIs, cycles, check-ins, looks back, forecasts and digests are reckoned, each beside a test that holds it.

Whoever adds a rule adds its line; whoever renames a test finds it here.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

RULES: dict[str, dict[str, str]] = {
    "time and numbers": {
        "spans are half-open": "mappings/flow/test_flow.py::test_windows_are_half_open",
        "a span is seen as of its last millisecond": "mappings/flow/test_flow.py::test_a_window_sees_the_state_of_its_end_whatever_came_later",
        "a length back is the same local time so many days before": "mappings/flow/test_flow.py::test_a_length_back_is_the_same_local_time_so_many_days_before",
        "a night of 25 hours is 25/24 of a day": "mappings/flow/test_flow.py::test_a_night_of_25_hours_is_25_hours_and_two_calendar_days",
        "two changes of one millisecond keep their order": "mappings/flow/test_flow.py::test_two_changes_of_one_millisecond_keep_their_order",
        "percentiles are those of Hyndman and Fan, type 7": "mappings/flow/test_flow.py::test_statistics_are_exact",
        "of nothing there is no percentile, of one it is that one": "mappings/flow/test_flow.py::test_of_one_value_every_percentile_is_that_and_of_none_there_is_none",
    },
    "KPIs": {
        "bands and their watch zones": "mappings/kpi/test_bands.py::test_levels",
        "targets by date": "mappings/kpi/test_bands.py::test_targets_by_date",
        "a point replaces the band whole, a line runs between bounds that both have": "mappings/kpi/test_bands.py::test_a_point_replaces_the_band_whole_and_a_line_runs_only_between_bounds_that_both_points_have",
        "the direction only words the trend": "mappings/kpi/test_bands.py::test_the_direction_follows_from_the_band_and_only_words_the_trend",
        "the period that holds an instant, the repeated hour too": "mappings/kpi/test_periods.py::test_the_period_that_holds_an_instant",
        "settled at end and grace": "mappings/kpi/test_counting.py::test_a_period_is_settled_at_its_end_and_grace_and_not_before",
        "each reading its own period": "mappings/kpi/test_counting.py::test_each_reading_is_its_own_period_settled_at_once",
        "the value of a period": "mappings/kpi/test_readings.py::test_the_value_of_a_period_whatever_the_order_of_receipt",
        "a sum of nothing is no data": "mappings/kpi/test_readings.py::test_of_nothing_is_no_data_and_not_zero",
        "too few readings are no data": "mappings/kpi/test_counting.py::test_too_few_readings_are_no_data",
        "duplicates": "mappings/kpi/test_readings.py::test_the_same_again_changes_nothing",
        "corrections": "mappings/kpi/test_readings.py::test_another_value_of_the_same_instant_corrects_and_the_former_stays",
        "retractions": "mappings/kpi/test_readings.py::test_corrected_to_none_is_retracted_as_if_it_had_not_been_there",
        "the future is refused": "mappings/kpi/test_readings.py::test_five_minutes_ahead_is_clocks_and_more_is_the_future",
        "late readings": "mappings/kpi/test_counting.py::test_a_late_reading_counts_where_nothing_later_has_been_counted",
        "late, not counted": "mappings/kpi/test_counting.py::test_else_it_is_late_not_counted_and_enters_the_chart",
        "counted as 7, now 4": "mappings/kpi/test_counting.py::test_a_correction_of_a_counted_period_is_counted_as_7_now_4_and_never_rewound",
        "a hundred pushes on one day are one step": "mappings/kpi/test_counting.py::test_a_hundred_pushes_on_one_day_are_one_step",
        "a period is judged by the band of its last day": "mappings/kpi/test_counting.py::test_a_period_is_judged_by_the_band_of_its_last_day",
        "an edited band sets the counters to 0": "mappings/kpi/test_counting.py::test_a_period_keeps_the_band_it_was_judged_by_and_an_edit_sets_the_counters_to_0",
        "a planned point is no edit": "mappings/kpi/test_counting.py::test_a_planned_point_is_no_edit",
        "the board shows the last settled period, the running one apart": "mappings/kpi/test_counting.py::test_the_board_shows_the_last_settled_period_and_the_running_one_apart",
        "Tuesday's figure is not Monday's": "plugin/use_cases/kpis/test_kpi_sources.py::test_tuesdays_figure_is_not_mondays",
        "formulas": "mappings/kpi/test_formulas.py::test_values",
        "an unknown operand makes it unknown": "mappings/kpi/test_formulas.py::test_any_unknown_operand_makes_it_unknown",
        "a division by 0 is unknown": "mappings/kpi/test_formulas.py::test_a_division_by_zero_is_unknown_with_that_reason",
        "a formula takes the aggregate of each operand": "mappings/kpi/test_counting.py::test_a_formula_takes_the_aggregate_of_each_operand_over_its_own_period",
        "a circle of formulas is refused": "mappings/document/test_kpis.py::test_a_circle_is_refused_with_its_path",
        "a formula is settled with its latest operand": "mappings/kpi/test_counting.py::test_a_formula_is_settled_when_its_latest_operand_is",
    },
    "sources": {
        "finish": "mappings/flow/test_flow.py::test_a_finish_is_the_last_entry_into_done_of_what_is_still_done",
        "the first finish": "mappings/flow/test_flow.py::test_the_first_finish_ignores_that_it_was_reopened",
        "start, and never started": "mappings/flow/test_flow.py::test_cycle_time_begins_with_the_first_start_and_what_never_started_is_a_gap",
        "created in progress": "mappings/flow/test_flow.py::test_made_in_progress_it_started_with_its_creation",
        "age": "mappings/flow/test_flow.py::test_age_runs_from_the_first_start_and_only_while_in_progress",
        "flow efficiency": "mappings/flow/test_flow.py::test_efficiency_is_a_ratio_of_sums",
        "mttr": "mappings/flow/test_flow.py::test_repair_leaves_out_the_days_it_was_closed",
        "mtbf": "mappings/flow/test_flow.py::test_failures_that_overlap_or_touch_are_one_and_older_ones_none",
        "mtbf without a failure": "connectors/metrics/test_sources.py::test_where_nothing_failed_it_is_at_least_the_time_that_was_up",
        "what is at least so much": "mappings/kpi/test_bands.py::test_what_is_at_least_so_much_is_healthy_where_everything_above_is",
        "sums and means, and what an issue without a value is": "connectors/metrics/test_sources.py::test_sums_and_means_of_what_has_a_value_and_of_what_has_none",
        "working hours": "mappings/flow/test_flow.py::test_working_hours_are_those_inside_local_hours",
        "all sources of Jira: reopened, moved, deleted, excluded, without value": "plugin/use_cases/kpis/test_kpi_sources.py::test_every_source_of_jira_against_changelogs_worked_out_by_hand",
        "scope as it was then": "plugin/use_cases/kpis/test_kpi_sources.py::test_what_leaves_the_scope_or_comes_into_it_counts_where_it_was",
        "http_json": "connectors/metrics/test_connections.py::test_a_number_is_read_exactly_or_said_to_be_none",
        "prometheus": "connectors/metrics/test_connections.py::test_prometheus_is_asked_for_the_last_millisecond",
        "prometheus over a range": "connectors/metrics/test_connections.py::test_a_range_is_one_series_in_the_half_open_window",
        "sql": "connectors/metrics/test_connections.py::test_one_cell_of_postgresql_is_read_and_nothing_written",
        "csv": "mappings/kpi/test_reading_file.py::test_all_faults_at_once_with_their_lines_and_nothing_is_taken",
        "push": "plugin/use_cases/kpis/test_kpis.py::test_all_of_a_push_or_none_and_every_fault_at_once",
    },
    "KPI and key result": {
        "proposing": "mappings/kpi/test_kpi.py::test_watching_and_proposing",
        "from the latest reading to the edge": "mappings/kpi/test_kpi.py::test_the_proposal_goes_from_the_latest_reading_to_the_edge_of_the_band",
        "two bounds make a threshold": "mappings/kpi/test_creation.py::test_by_what_an_episode_is_measured",
        "closing and reopening": "mappings/kpi/test_kpi.py::test_what_is_closed_and_opened_again_goes_on_until_a_later_episode_begins",
        "lost after a week out of sight": "mappings/kpi/test_kpi.py::test_a_week_out_of_sight_ends_an_episode_and_less_does_not",
        "carried": "mappings/kpi/test_kpi.py::test_what_is_carried_forward_goes_on_counting_and_is_told_once",
        "a proposal stays": "mappings/kpi/test_kpi.py::test_a_proposal_outlives_its_objective_and_waits_for_a_person_to_name_another",
        "a no is remembered": "mappings/kpi/test_kpi.py::test_a_no_is_remembered_as_counting_anew",
        "never twice, whatever is killed": "plugin/use_cases/kpis/test_kpi_creation.py::test_a_kill_at_any_step_makes_nothing_twice_and_loses_nothing",
        "never twice, however an answer is lost": "plugin/use_cases/kpis/test_kpi_creation.py::test_an_answer_that_is_lost_is_looked_for_however_long_the_index_lags_and_never_made_twice",
        "from key result to KPI": "mappings/kpi/test_promotion.py::test_what_is_achieved_running_is_proposed_and_after_a_no_counts_anew",
    },
    "cycles": {
        "recurring by rule": "mappings/document/test_calendar.py::test_an_id_says_the_days",
        "locked: terms stand": "plugin/sync/test_locks.py::test_terms_stand_what_is_measured_moves_and_unlocking_lets_what_waited_take_effect",
        "locked: nothing joins or leaves": "plugin/sync/test_locks.py::test_nothing_joins_or_leaves_a_locked_cycle_and_it_ends_with_its_terms",
        "ended: as of its last millisecond": "mappings/rollup/test_cycle_end.py::test_an_objective_of_a_cycle_that_has_ended_is_what_it_was_at_its_end",
        "nothing decays": "plugin/sync/test_cycle_ends.py::test_nothing_decays_after_the_end",
        "measured by the closing": "plugin/sync/test_cycle_ends.py::test_a_cycle_that_is_measured_by_its_closing_goes_on_until_then_judged_at_its_end",
        "late check-ins": "plugin/sync/test_closing.py::test_a_check_in_after_the_end_counts_as_made_at_the_end_and_after_closing_it_is_refused",
        "closing freezes": "plugin/sync/test_closing.py::test_after_a_hundred_later_events_a_closed_cycle_shows_what_was_closed",
        "closing by itself": "plugin/sync/test_closing.py::test_a_cycle_closes_by_itself_when_its_days_have_passed_and_one_opened_again_does_not",
        "the chain of records": "mappings/rollup/test_score.py::test_a_chain_that_nobody_touched_is_whole_and_its_head_is_a_literal",
        "scores": "mappings/rollup/test_score.py::test_what_a_score_reads_as",
        "scores are shown on their side of a bound": "mappings/rollup/test_score.py::test_a_score_is_shown_on_its_side_of_a_bound",
        "means": "mappings/rollup/test_score.py::test_means_are_of_the_scored_alone_and_of_each_commitment_apart",
        "carried: where a kind begins": "mappings/rollup/test_between_cycles.py::test_with_what_a_kind_begins_in_the_next_cycle",
        "carried: rows that were done": "plugin/sync/test_carrying.py::test_a_row_that_is_reopened_counts_again",
        "carried: count_to": "plugin/sync/test_carrying.py::test_a_fixed_number_to_count_to_is_less_by_what_was_done",
        "carried once": "plugin/sync/test_carrying.py::test_twice_is_once_and_both_acts_are_told_apart",
        "nested cycles": "plugin/sync/test_closing.py::test_a_cycle_in_which_another_lies_open_is_refused_by_name_and_the_list_shows_both",
        "days of an objective's own": "mappings/rollup/test_cycle_end.py::test_days_of_its_own_give_the_expected_share_and_the_last_of_them_the_cycle",
    },
    "check-ins": {
        "what is ruled": "mappings/rollup/test_check_ins.py::test_what_is_ruled",
        "confidence moves nothing": "mappings/rollup/test_check_ins.py::test_confidence_moves_neither_progress_nor_health_and_is_said_where_it_contradicts",
        "levels of confidence": "mappings/explain/test_confidence.py::test_what_is_said_is_kept_and_has_a_level",
        "due": "mappings/explain/test_due_check_in.py::test_the_grid_of_a_quarter",
        "due, missed": "mappings/explain/test_due_check_in.py::test_due_where_nobody_said_and_nothing_was_read_since_the_day_before",
        "the grammar of comments": "mappings/explain/test_comment.py::test_taken",
        "refused as a whole": "mappings/explain/test_comment.py::test_refused_as_a_whole_with_the_place",
        "not ours": "mappings/explain/test_comment.py::test_not_ours",
        "edited and deleted": "plugin/sync/test_comments.py::test_a_comment_is_a_check_in_and_its_edits_and_its_end_are_followed",
    },
    "looking back": {
        "now is what is": "mappings/explain/test_as_of.py::test_now_is_what_is",
        "folding twice changes nothing": "mappings/kpi/test_readings.py::test_folding_all_receipts_twice_changes_no_value_that_stands",
        "nothing moves between two facts": "mappings/explain/test_as_of.py::test_nothing_moves_between_two_facts",
        "a closed cycle is its record": "plugin/sync/test_as_of.py::test_a_closed_cycle_is_its_record_whatever_is_known_now",
        "in two steps as in one": "mappings/explain/test_as_of.py::test_going_back_in_two_steps_is_going_back_in_one",
        "the parts sum to the difference": "mappings/explain/test_as_of.py::test_the_parts_of_why_it_moved_sum_to_the_difference",
        "certainty and its reasons": "mappings/explain/test_as_of.py::test_what_is_not_certain_is_said_with_what_it_touches",
        "what a history takes back": "mappings/explain/test_past.py::test_every_system_field_is_among_the_cases",
        "links": "mappings/explain/test_as_of.py::test_links_are_undone_as_their_histories_tell_them",
        "links that nobody can tell": "mappings/explain/test_as_of.py::test_a_link_that_nobody_can_tell_is_left_and_said",
        "under a lock": "plugin/sync/test_locks.py::test_an_earlier_day_is_seen_under_the_lock_that_held_on_it_and_now_as_it_stands",
    },
    "forecasts": {
        "courses": "mappings/forecast/test_delivery.py::test_the_share_of_all_courses_that_attain",
        "what is added": "mappings/forecast/test_delivery.py::test_what_is_added_moves_the_goal",
        "weeks": "mappings/forecast/test_delivery.py::test_weeks_are_counted_back_from_today_and_planning_adds_nothing",
        "twelve weeks": "mappings/forecast/test_delivery.py::test_no_more_than_twelve_weeks_are_looked_at",
        "not enough data": "mappings/forecast/test_delivery.py::test_too_little_is_said_with_what_is_missing",
        "SplitMix64": "mappings/forecast/test_delivery.py::test_the_generator_of_the_trials_is_splitmix64",
        "trials come to the distribution": "mappings/forecast/test_delivery.py::test_trials_come_to_what_the_distribution_says",
        "uneven weeks are told": "mappings/forecast/test_delivery.py::test_uneven_weeks_are_told_beside_the_answer",
        "Theil and Sen": "mappings/forecast/test_trend.py::test_the_line_its_interval_and_where_it_leads",
        "calibration beside the straight line": "mappings/forecast/test_held_histories.py::test_few_weeks_are_less_sure_of_themselves_and_come_nearer_to_what_comes_than_the_straight_line",
        "calibration on held histories": "mappings/forecast/test_held_histories.py::test_a_delivery_is_forecast_better_than_by_the_straight_line_and_what_is_called_likely_comes",
    },
    "digests and alerts": {
        "told after ten minutes, once": "mappings/digest/test_alert.py::test_what_lasts_ten_minutes_is_told_once",
        "the first run tells nothing": "mappings/digest/test_alert.py::test_what_is_new_is_taken_as_told_but_a_concern_is_not",
        "quiet hours": "mappings/digest/test_alert.py::test_quiet_hours_are_half_open_over_midnight_and_days_are_whole",
        "when a digest is due": "mappings/digest/test_digest.py::test_it_is_due_at_the_local_time_of_its_day",
        "what a digest says": "mappings/digest/test_digest.py::test_a_digest_says_what_changed_the_worst_first_and_nothing_twice",
        "keys": "mappings/digest/test_alert.py::test_a_key_names_recipient_alert_and_turns",
    },
    "advice": {
        "coverage": "mappings/practice/test_coverage.py::test_coverage_is_serving_of_candidates_and_the_rest_are_orphans_by_project",
        "coverage by weight": "mappings/practice/test_coverage.py::test_by_weight_a_missing_one_is_the_mean_and_none_weighs_0",
        "how OKRs are practised": "mappings/practice/test_practice.py::test_what_cannot_be_measured_owned_or_read_is_behind_its_share",
        "perspectives": "mappings/practice/test_scorecard.py::test_the_four_stand_there_unless_only_words_of_ones_own_are_used",
    },
}


@pytest.mark.parametrize("room", RULES)
def test_every_rule_has_a_test_that_holds_it(room: str) -> None:
    for rule, place in RULES[room].items():
        file, _, name = place.partition("::")
        text = (ROOT / file).read_text() if (ROOT / file).is_file() else ""
        assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{room}, {rule}: there is no {place}"
