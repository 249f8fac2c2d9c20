"""SECURITY.md says nothing that was not tried: each sentence with the tests that fail where it is untrue, and its figures with those of the code.

Whoever writes a sentence there says here what holds it. `ASKS` marks what asks something of the reader, warns, or says what is not there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from connectors import name_lookup
from connectors.store.database import watched_connection
from plugin.access.authentication import throttle
from plugin.runtime import settings
from plugin.runtime.application import LONGEST_STATEMENT_S
from plugin.runtime.serving import heavy_work, production_server
from plugin.runtime.serving.asgi_application import Limits
from plugin.use_cases.accounts import set_up
from plugin.use_cases.record import refusals

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
ASKS = "asks"
END = re.compile(r"(?<=[.:])\s+(?=[A-Z`*\[])| \| ")
LINE = re.compile(r"\n(?=- |\||\n)")
NAME = re.compile(r"(`JIRA_OKR_\w+`(, )?)+|setting|why it matters|-+\|-+")


def sentences() -> Iterator[str]:
    """Each as it reads, without headings, the marks of its line, and the names of settings before what is said of them."""
    plain = re.sub(r"^#.*$", "", TEXT.replace("**", ""), flags=re.MULTILINE)
    for line in LINE.split(plain):
        for part in END.split(" ".join(line.split())):
            said = part.strip(" |").removeprefix("- ")
            if said and not NAME.fullmatch(said):
                yield said


HELD = {
    # Reporting
    "Please report a vulnerability": ASKS,
    "You get an answer": ASKS,
    "Please include the version": ASKS,
    # What the connector promises
    "A delivery is believed only": "acceptance/test_bad_days.py::test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored "
    "connectors/jira/test_webhooks.py::test_any_other_signature_does_not "
    "plugin/use_cases/sites/test_app_webhook.py::test_a_delivery_is_believed_by_the_token_of_the_app_and_not_by_that_of_another "
    "plugin/use_cases/work/test_rules_and_workflows.py::test_whoever_does_not_know_it_is_turned_away "
    "plugin/use_cases/sites/test_webhook.py::test_where_nothing_is_signed_the_address_cannot_be_guessed "
    "plugin/use_cases/sites/test_secret_change.py::test_both_are_accepted_for_a_time",
    "What calls as a Forge app": "connectors/forge/test_invocation.py::test_one_that_forge_did_not_sign "
    "plugin/forge/test_door.py::test_every_route_refuses",
    "Anything else is answered 401": "acceptance/test_bad_days.py::test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored "
    "plugin/forge/test_door.py::test_without_a_token_of_forge_it_is_401",
    "Jira credentials are sent to": "connectors/jira/test_transport.py::test_credentials_go_to_the_site_and_into_no_text "
    "connectors/jira/test_gateway.py::test_a_site_that_tells_no_cloud_id_is_asked_with_no_credentials",
    "Addresses found in Jira's answers": "connectors/jira/test_transport.py::test_redirects_are_not_followed "
    "connectors/jira/test_server.py::test_the_library_follows_no_redirect",
    "Secrets never appear in logs": "plugin/runtime/test_logs.py::test_a_secret_is_blanked_wherever_it_turns_up "
    "plugin/runtime/test_logs.py::test_a_sync_tells_no_secret "
    "plugin/runtime/test_settings.py::test_whatever_stands_in_a_setting_is_taken_or_named_and_never_shown "
    "plugin/runtime/test_database.py::test_no_command_shows_what_opens_the_database "
    "plugin/access/test_access_log.py::test_each_request_is_a_line_without_what_its_address_holds "
    "plugin/api/test_changing.py::test_a_site_is_tried_added_and_removed_and_its_secrets_never_come_back "
    "plugin/use_cases/sites/test_secret_change.py::test_a_secret_is_shown_once_whatever_the_door_and_the_next_one_once_more",
    "Mappings hold no code": "mappings/kpi/test_formulas.py::test_all_else_is_refused_at_its_character",
    "JQL is parsed and evaluated": "mappings/kpi/test_formulas.py::test_all_else_is_refused_at_its_character "
    "architecture/test_seams.py::test_a_function_of_jql_is_evaluated_or_refused_by_one_entry",
    "The queries of [KPI sources]": "connectors/metrics/test_connections.py::test_only_listed_hosts_are_asked_and_private_addresses_only_by_their_address "
    "connectors/metrics/test_connections.py::test_what_is_no_single_select_is_no_source "
    "connectors/metrics/test_connections.py::test_one_cell_of_postgresql_is_read_and_nothing_written",
    "It listens on 127.0.0.1": "docs/test_named_things.py::test_the_settings_page_lists_exactly_the_settings",
    "There is no default password": "plugin/access/test_serve.py::test_the_first_start_prints_a_link_that_makes_the_first_account "
    "plugin/access/test_rules.py::test_what_is_on_the_lists_of_those_who_guess_is_refused",
    "Passwords are kept as argon2id": "plugin/access/test_rules.py::test_a_password_is_known_by_its_hash_and_nobody_has_none "
    "plugin/access/test_tokens.py::test_the_text_is_kept_nowhere "
    "plugin/runtime/test_changing_secrets.py::test_stored_credentials_are_sealed_with_the_first_key_so_that_the_former_one_can_go",
    "Signing out ends the session": "plugin/access/test_sign_in.py::test_a_copied_cookie_is_dead_after_signing_out_and_other_sessions_live",
    "Of every open session": "plugin/access/test_sessions.py::test_one_sees_where_one_is_signed_in_and_ends_it "
    "plugin/runtime/test_database.py::test_a_restore_ends_sessions_and_tells_of_tokens_that_open_again",
    "Every change of configuration": "architecture/test_every_act_in_the_record.py::test_every_act_leaves_an_entry "
    "plugin/access/test_record.py::test_refusals_are_in_the_record_by_route_and_not_without_end "
    "plugin/sync/test_intake.py::test_who_was_turned_away_is_noted_and_a_database_that_fails_says_nothing "
    "plugin/access/test_record.py::test_whatever_is_done_to_it_behind_our_back_is_found",
    # What an operator has to see to
    "Signs sessions, opens stored": "plugin/runtime/test_changing_secrets.py::test_what_is_derived_changes_with_the_first_key_alone",
    "Long, random, kept apart": "plugin/runtime/test_setting_limits.py::test_the_key_is_long_and_of_many_characters_up_to_the_first_comma "
    "plugin/access/test_attacks.py::test_a_key_left_blank_is_none",
    "It may come by a file": "plugin/runtime/test_settings.py::test_a_secret_may_come_by_file "
    "plugin/runtime/test_settings.py::test_an_empty_file_of_a_secret_is_no_secret_left_out",
    "To change it, put the new one": "plugin/runtime/test_changing_secrets.py::test_what_is_derived_changes_with_the_first_key_alone "
    "plugin/access/test_sign_in.py::test_a_cookie_signed_with_another_key_is_no_session",
    "With `https://` cookies": "plugin/access/test_sign_in.py::test_over_https_the_cookie_is_secure_and_bound_to_the_host "
    "plugin/access/test_hosts.py::test_behind_a_proxy_with_https_browsers_are_told_to_stay_on_it "
    "plugin/runtime/test_behind_proxy.py::test_pages_are_for_https_and_for_their_host_alone",
    "Requests that name another host": "plugin/access/test_hosts.py::test_a_request_names_a_host_by_which_people_come",
    "It is also where the identity": "plugin/access/test_oidc.py::test_a_code_works_once",
    "How many proxies are believed": "plugin/access/test_sign_in.py::test_an_address_behind_a_trusted_proxy_is_the_visitors "
    "plugin/access/test_sign_in.py::test_without_a_trusted_proxy_the_header_is_not_believed "
    "plugin/runtime/test_behind_proxy.py::test_a_visitor_is_whom_the_proxy_saw",
    "Too high, and whoever": ASKS,
    "`127.0.0.1` keeps it": ASKS,
    "The database holds password": ASKS,
    "A SQLite file is made readable": "plugin/runtime/test_database.py::test_what_holds_secrets_is_readable_by_its_owner_alone "
    "plugin/runtime/test_database.py::test_check_tells_of_a_file_that_others_may_open_and_stays_content",
    "`chmod 600`": ASKS,
    "Without it deliveries": "plugin/use_cases/sites/test_webhook.py::test_where_nothing_is_signed_the_address_cannot_be_guessed "
    "plugin/runtime/test_settings.py::test_a_blank_secret_of_the_webhook_proves_nothing",
    "Everybody whom the provider": "plugin/access/test_oidc.py::test_a_stranger_with_the_providers_word_becomes_a_viewer "
    "plugin/access/test_oidc.py::test_with_default_none_only_those_with_a_role_come_in "
    "plugin/access/test_oidc.py::test_nobody_comes_in_by_the_provider_before_there_is_an_admin",
    "Of an app by which people": ASKS,
    "Whoever has it can ask people": "plugin/access/test_jira_sign_in.py::test_what_nobody_began_and_nobody_signed_in_for_is_refused_and_noted",
    "`off` lets nobody in": "plugin/access/test_sessions.py::test_with_single_sign_on_alone_no_password_opens_anything "
    "plugin/access/test_sessions.py::test_passwords_that_are_switched_off_end_the_sessions_they_began",
    "`jira-okr user let-in` is": "plugin/access/test_sessions.py::test_with_single_sign_on_alone_no_password_opens_anything",
    "Who becomes an admin": "plugin/access/test_oidc.py::test_roles_follow_the_claim_at_each_sign_in "
    "plugin/access/test_oidc.py::test_the_only_admin_stays_one_whatever_group_is_missing",
    "`required` asks everybody": "plugin/access/test_second_factor.py::test_where_all_have_to_have_one_nothing_opens_before",
    "Sends the audit log": "plugin/access/test_record.py::test_the_record_is_pushed_in_order_and_nothing_twice "
    "plugin/access/test_record.py::test_over_tls_it_is_sent_to_whose_certificate_is_trusted_and_to_nobody_else",
    "How far back one can ask": "plugin/access/test_record.py::test_old_entries_go_from_the_beginning_and_the_rest_holds",
    "The proxy with TLS before": "plugin/runtime/test_behind_proxy.py::test_bodies_that_never_end_stop_at_the_proxy "
    "plugin/access/test_routes.py::test_the_health_of_the_process_is_told_without_signing_in",
    "All settings": ASKS,
    "[docs/settings.md]": ASKS,
    "Who may do what": ASKS,
    "[docs/access.md]": ASKS,
    # By design
    "What follows is known": ASKS,
    "Whoever needs it otherwise": ASKS,
    "At first everybody who signs in": "acceptance/test_sight_at_every_door.py::test_whoever_sees_all_is_told_titles_at_each_door",
    "With `titles_by_permission`": "acceptance/test_sight_at_every_door.py::test_nothing_that_is_hidden_is_told "
    "plugin/api/test_visibility.py::test_the_list_of_somebody_who_sees_some_has_every_number_and_no_hidden_title",
    "With `rows_by_permission`": "plugin/api/test_visibility.py::test_hidden_rows_are_one_line_whose_sum_everybody_can_check "
    "plugin/api/test_visibility.py::test_of_an_objective_that_counts_a_hidden_row_only_health_is_told_where_numbers_are_by_permission "
    "plugin/sync/test_hidden_times.py",
    "What Jira took away": "plugin/api/test_visibility.py::test_a_yes_is_believed_for_ten_minutes_a_no_for_one_and_an_old_yes_for_an_hour_while_jira_is_down",
    "Admins may write a mapping": ASKS,
    "Where that is too much": ASKS,
    "Admins are trusted with": ASKS,
    "They say which addresses": "plugin/access/test_attacks.py::test_addresses_of_ones_own_network_are_asked",
    "Refused are addresses": "plugin/access/test_attacks.py::test_addresses_that_are_never_jira_are_not_asked "
    "connectors/jira/test_connection.py::test_what_counts_is_the_address_that_is_connected_to "
    "connectors/jira/test_connection.py::test_addresses_where_machines_talk_to_their_cloud_are_no_jira",
    "What else may be reached": ASKS,
    "Over `http://` the credentials": ASKS,
    "A token with the scope `people`": "plugin/api/test_people.py::test_roles_closing_opening_passwords_and_removal "
    "plugin/api/test_people.py::test_no_other_scope_changes_who_comes_in",
    "It is as good as": ASKS,
    "The provider is believed": "plugin/access/test_oidc.py::test_a_verified_address_opens_the_account_that_has_it "
    "plugin/access/test_oidc.py::test_an_address_that_is_not_verified_opens_nothing",
    "A new account bears": "plugin/access/test_oidc.py::test_who_has_a_verified_address_is_the_person_of_it_in_jira "
    "plugin/access/test_oidc.py::test_the_same_subject_is_the_same_account_whatever_its_address",
    "Who signs in with Jira proves": "plugin/access/test_jira_sign_in.py::test_a_code_and_a_state_work_once "
    "plugin/access/test_jira_sign_in.py::test_nobody_finishes_what_another_began "
    "plugin/access/test_jira_sign_in.py::test_the_same_person_in_another_browser_finishes_nothing "
    "plugin/access/test_jira_sign_in.py::test_the_answer_of_one_site_counts_at_no_other "
    "plugin/access/test_jira_sign_in.py::test_a_stolen_code_in_an_answer_of_ones_own_is_not_taken",
    "Atlassian does not document PKCE": ASKS,
    "The token that comes back": "plugin/access/test_jira_sign_in.py::test_who_signs_in_there_is_that_person_and_nothing_else_is_kept",
    "What Data Center gives": "plugin/access/test_jira_sign_in.py::test_who_signs_in_there_is_that_person_and_nothing_else_is_kept",
    "Guessing passwords is slowed": "plugin/access/test_sign_in.py::test_guessing_is_slowed_down_and_the_right_password_does_not_help_then "
    "plugin/access/test_sign_in.py::test_a_customer_of_ipv6_cannot_try_account_after_account_from_addresses_of_one_network "
    "plugin/access/test_sign_in.py::test_one_address_cannot_try_account_after_account "
    "plugin/access/test_attacks.py::test_somebody_who_chooses_an_address_each_time_is_held_all_the_same",
    "So whoever commands twenty": "plugin/access/test_attacks.py::test_somebody_who_chooses_an_address_each_time_is_held_all_the_same",
    "A webhook tells whether": "acceptance/test_bad_days.py::test_an_unknown_site_is_not_found "
    "acceptance/test_bad_days.py::test_a_wrong_or_missing_signature_is_refused_and_nothing_is_stored",
    "A delivery that somebody could copy": "acceptance/test_payloads.py::test_replayed_and_shuffled_bodies_leave_the_same_state",
    "The unguessable path": ASKS,
    "The link of the first start": "plugin/access/test_set_up.py::test_the_link_works_once "
    "plugin/access/test_set_up.py::test_the_link_runs_out",
    "Long work (previews": "plugin/runtime/test_heavy_work.py::test_serve_answers_what_is_heavy_elsewhere_and_lives_on_when_that_dies "
    "plugin/runtime/test_asgi_application.py::test_long_work_waits_for_its_own_threads_and_the_quick_is_answered_meanwhile "
    "plugin/api/test_edges.py::test_what_costs_minutes_is_heavy_and_nothing_else_is",
    "More is refused with 503": "plugin/runtime/test_asgi_application.py::test_long_work_waits_for_its_own_threads_and_the_quick_is_answered_meanwhile "
    "plugin/runtime/test_heavy_work.py::test_what_takes_too_long_is_ended_and_others_get_the_process",
    "Slow clients hold nobody up": "plugin/runtime/test_asgi_application.py::test_slow_bodies_take_no_thread_and_are_cut_off "
    "plugin/runtime/test_asgi_application.py::test_a_long_answer_that_nobody_reads_is_cut_off_and_closed "
    "plugin/runtime/test_slow_clients.py::test_endless_bodies_hold_nobody_up",
    "All bodies of a process": "plugin/runtime/test_asgi_application.py::test_bodies_together_have_a_limit_and_what_is_over_it_is_refused_at_once",
    "Of a delivery that shows": "plugin/runtime/test_slow_clients.py::test_nothing_is_read_of_a_delivery_that_nothing_could_prove "
    "plugin/sync/test_intake.py::test_who_shows_nothing_is_refused_before_his_body_is_read",
    "Whoever holds all 1,024": "plugin/runtime/test_health_listener.py::test_it_answers_although_every_connection_is_taken",
    "A database that takes no writes": "plugin/runtime/test_store_outages.py::test_reading_goes_on_and_writing_comes_again "
    "plugin/api/test_store_faults.py::test_what_only_reads_goes_on "
    "plugin/api/test_store_faults.py::test_what_writes_is_told_when_to_come_again",
    "`serve` does not start where": "plugin/runtime/test_serve.py::test_it_refuses_by_name_before_it_listens "
    "plugin/runtime/test_database.py::test_what_only_reads_goes_on_where_a_file_system_takes_no_writes",
    "A table that is held": "plugin/runtime/test_store_outages.py::test_a_table_that_is_held_stops_those_who_need_it_and_nobody_else "
    "plugin/runtime/test_asgi_application.py::test_what_only_reads_has_threads_that_nobody_who_writes_can_hold "
    "plugin/runtime/test_asgi_application.py::test_nobody_queues_behind_threads_that_stand",
    "One that is gone": "plugin/runtime/test_store_outages.py::test_reading_goes_on_and_writing_comes_again",
    "A PostgreSQL that is stopped": "connectors/store/test_database.py::test_one_tries_a_silent_server_and_the_others_are_told_at_once "
    "plugin/runtime/test_store_outages.py::test_reading_goes_on_and_writing_comes_again",
    "A statement of a request": "connectors/store/test_database.py::test_a_statement_of_somebody_in_a_hurry_is_ended",
    "Names are looked up by": ASKS,
    "Nobody here waits for it": "connectors/test_name_lookup.py::test_who_waits_goes_on_as_beside_an_outage",
    "Sixteen look-ups": "connectors/test_name_lookup.py::test_one_name_that_hangs_takes_one_thread_however_many_ask",
    "Where the system hangs": "connectors/test_name_lookup.py::test_where_every_thread_hangs_the_next_is_refused_without_a_wait",
    "Without such a limit": ASKS,
    "Write addresses where": ASKS,
    "The record is evidence": "plugin/access/test_record.py::test_whatever_is_done_to_it_behind_our_back_is_found",
    "Who has the database can also": "plugin/access/test_record.py::test_an_end_that_was_cut_off_with_its_seals_is_shown_by_what_was_collected_elsewhere",
    "What was noted within": "plugin/access/test_record.py::test_a_record_that_nobody_touched_holds",
    "Exports begin cells": "plugin/access/test_attacks.py::test_no_spreadsheet_takes_a_text_for_a_formula "
    "plugin/access/test_rules.py::test_a_formula_behind_a_separator_is_text_too",
    "A second factor is each": "plugin/access/test_second_factor.py::test_the_password_alone_lets_nobody_in "
    "plugin/access/test_second_factor.py::test_setting_up_takes_somebody_who_said_of_late_who_they_are",
    "Keys of hardware": ASKS,
    "Whoever may run commands": "plugin/access/test_sessions.py::test_an_operator_lets_somebody_in_once",
    # Supported versions
    "The latest release": ASKS,
}


def test_each_sentence_is_held_by_tests_or_asks_something() -> None:
    found = Counter(
        next((begun for begun in HELD if one.startswith(begun)), f"nothing holds: {one}")
        for one in sentences()
    )
    assert sorted(found) == sorted(HELD)
    assert {begun for begun, times in found.items() if times > 1} == set()


def test_what_holds_a_sentence_is_there() -> None:
    named = {one for held in HELD.values() if held != ASKS for one in held.split()}
    assert {one for one in named if not _is_there(*one.split("::"))} == set()


def _is_there(file: str, name: str = "") -> bool:
    path = ROOT / "tests" / file
    return path.is_file() and (not name or f"\ndef {name}(" in path.read_text())


def test_its_figures_are_those_of_the_code() -> None:
    limits = Limits(threads=8)
    window = int(throttle.WINDOW.total_seconds() / 60)
    for said in (
        f"less than {settings.SHORTEST_KEY} characters, or of less than {settings.DIFFERENT} different",
        f"{throttle.PER_ACCOUNT_AND_ADDRESS} wrong ones for an account from an address of the network",
        f"{throttle.PER_ADDRESS} from an address, {throttle.PER_ACCOUNT} for an account from everywhere, each in {window} minutes",
        f"{_word(refusals.NOTED)} of a kind from one place in a quarter of an hour",
        f"{_word(limits.beside_each)} requests of one account at a time",
        f"longer than {_word(heavy_work.LONGEST_S / 60)} minutes is ended",
        f"a body has {limits.body_s:g} seconds, an answer that is not read is cut off after {limits.stall_s:g}",
        f"may have {limits.bodies >> 20} MiB together",
        f"holds all {production_server.WAITING:,} connections",
        f"others wait for up to {_word(production_server.HEADER_MS / 1000)} seconds",
        f"{_word(limits.kept)} threads are kept for what only reads, nobody waits longer than {_word(limits.wait_s)} seconds for a thread",
        f"is ended after {LONGEST_STATEMENT_S:g} seconds",
        f"never more than {_word(name_lookup.LONGEST_S)} seconds",
        f"{_word(name_lookup.MOST).capitalize()} look-ups of a process",
        "until it is used or a day is over" if set_up.VALID.days == 1 else str(set_up.VALID),
    ):
        assert said in " ".join(TEXT.split()), said
    assert watched_connection.SILENT_S + watched_connection.ANSWER_S < 30, "found out within half a minute"


def _word(number: float) -> str:
    return {2: "two", 4: "four", 5: "five", 8: "eight", 10: "ten", 16: "sixteen"}[int(number)]
