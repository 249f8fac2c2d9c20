"""Behaviours that broke before without a test's noticing, each broken by hand: `python -m tests.mutation.named [WORD …]`.

Each says which text of a module is exchanged for which, and which test has to fail then. The words choose among them by what they say.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROVEN = "tests/plugin/sync/test_proven_edits.py"
RACES = "tests/plugin/sync/test_races.py"
EDGES = "tests/mappings/rollup/test_edges.py"
HOMES = "tests/connectors/store"
BYSTANDERS = "tests/connectors/store/test_bystanders.py"
DELIVERIES = "tests/plugin/use_cases/work/test_deliveries_and_sync.py"
API = "tests/plugin/api/test_edges.py"


@dataclass(frozen=True)
class Broken:
    """One behaviour, and what is left of it when `before` becomes `after` in the module at `path`.

    `before` stands there once, or `of` times, of which the one at `at` is broken, counted from 0.
    """

    what: str
    path: str
    before: str
    after: str
    test: str
    at: int = 0
    of: int = 1

    def text(self, honest: str) -> str:
        """The module with it broken."""
        parts = honest.split(self.before)
        assert len(parts) == self.of + 1, f"{self.path}: {self.before!r} stands {len(parts) - 1} times"
        first, rest = parts[: self.at + 1], parts[self.at + 1 :]
        return self.before.join(first) + self.after + self.before.join(rest)


BROKEN = (
    # The bad half of a race
    Broken(
        "an interrupted write is always confirmed",
        "plugin/sync/reconcile/reconcile.py",
        'return "failed", "interrupted; read again, Jira does not have it"',
        'return "confirmed", "interrupted; read again, Jira does not have it"',
        f"{RACES}::test_an_interrupted_write_is_confirmed_only_where_jira_has_it",
    ),
    Broken(
        "an interrupted write that arrived is written twice",
        "plugin/sync/reconcile/reconcile.py",
        'return "confirmed", "interrupted; read again, Jira has it"',
        'return "failed", "interrupted; read again, Jira has it"',
        f"{RACES}::test_an_interrupted_write_is_confirmed_only_where_jira_has_it",
    ),
    Broken(
        "a doubted issue lands in a first read",
        "plugin/sync/resync/mirror_update.py",
        "return [issue for issue in issues if issue.id not in doubted]",
        "return issues",
        f"{RACES}::test_a_first_read_does_not_bring_back_what_left_while_it_was_under_way",
    ),
    Broken(
        "a doubted issue is not asked for again",
        "plugin/sync/resync/mirror_update.py",
        "    ask_again(context, conn, doubted)\n",
        "",
        f"{RACES}::test_a_first_read_does_not_bring_back_what_left_while_it_was_under_way",
    ),
    Broken(
        "a doubted issue lands in a later read",
        "plugin/sync/refresh/reread.py",
        "inside = [issue for issue in inside if issue.id not in doubted]",
        "inside = list(inside)",
        f"{RACES}::test_what_left_after_it_was_read_is_asked_for_again_and_not_put_back",
    ),
    Broken(
        "the lease is not kept through a long plan",
        "plugin/sync/write_back/application.py",
        "        plan.keep()\n        try:\n            _send(",
        "        try:\n            _send(",
        f"{RACES}::test_a_claim_is_kept_through_a_plan_of_many_edits",
    ),
    Broken(
        "the lease is not kept while something is carried forward or taken back",
        "plugin/sync/context.py",
        "        self.keep()\n",
        "",
        "tests/plugin/sync/test_carry_undo.py::test_a_claim_is_kept_through_all_that_is_carried_and_taken_back",
    ),
    Broken(
        "the lease is not kept between the calls that write to a goal",
        "plugin/sync/context.py",
        "dispatch.tell(goals_of(self.jira), request, keep)",
        "dispatch.tell(goals_of(self.jira), request)",
        "tests/plugin/sync/test_goals.py::test_a_claim_is_kept_between_the_calls_that_write_the_metrics_of_a_goal",
    ),
    Broken(
        "the lease is not kept before what several objectives write together",
        "plugin/sync/write_back/application.py",
        "            try:\n                plan.keep()\n            except",
        "            try:\n                pass\n            except",
        "tests/plugin/sync/test_app_fields.py::test_a_claim_that_another_took_meanwhile_is_left_out_and_the_rest_goes",
    ),
    Broken(
        "what another has claimed meanwhile is begun",
        "plugin/sync/work.py",
        "        tenure.keep()\n        outcome",
        "        outcome",
        f"{RACES}::test_what_another_has_claimed_meanwhile_is_not_begun",
    ),
    Broken(
        "marks of a page read in two parts: only the first part's",
        "plugin/sync/resync/mirror_update.py",
        "marked, changed = marked | also, changed | too",
        "changed = changed | too",
        f"{RACES}::test_what_a_page_shows_and_what_was_read_in_its_place_mark_their_objectives_alike",
    ),
    Broken(
        "marks of a page read in two parts: only the second part's",
        "plugin/sync/resync/mirror_update.py",
        "marked, changed = marked | also, changed | too",
        "marked, changed = also, changed | too",
        f"{RACES}::test_what_a_page_shows_and_what_was_read_in_its_place_mark_their_objectives_alike",
    ),
    Broken(
        "an undated delivery is taken for dated",
        "plugin/sync/intake/triage.py",
        "untold.add(issue_id)",
        "pass",
        "tests/plugin/sync/test_sorting.py",
    ),
    Broken(
        "an undated link or deletion is taken for dated",
        "plugin/sync/intake/triage.py",
        "        batch.unsure |= untold\n    batch.unsure |= hints.deleted_ids\n",
        "        pass\n",
        "tests/plugin/sync/test_sorting.py",
    ),
    Broken(
        "a batch never grows again after a limit",
        "plugin/sync/refresh/reread.py",
        "            went_well(conn, context.site, most)",
        "            pass",
        f"{RACES}::test_a_batch_that_went_well_makes_the_next_one_larger",
    ),
    Broken(
        "a batch of one never grows again",
        "plugin/sync/intake/batch_size.py",
        "more = taken + max(1, taken // GROWTH)",
        "more = taken + taken // GROWTH",
        f"{RACES}::test_after_a_limit_batches_grow_again_until_they_are_whole",
    ),
    Broken(
        "a batch does not shrink at a limit",
        "plugin/sync/refresh/reread.py",
        "                cut_short(conn, context.site, len(deliveries))",
        "                pass",
        f"{RACES}::test_a_batch_that_ran_into_a_limit_is_halved_and_nothing_of_it_is_lost",
    ),
    Broken(
        "a failed fresh resync reads everything twice",
        "plugin/sync/resync/full_read.py",
        "if not reading.report.resumed or reading.landed:",
        "if reading.landed:",
        f"{RACES}::test_a_fresh_read_that_is_refused_is_not_begun_twice",
    ),
    Broken(
        "exactly half of a project lost is held",
        "plugin/sync/refresh/losses.py",
        "2 * len(gone) > size",
        "2 * len(gone) >= size",
        f"{RACES}::test_half_of_a_project_may_go_and_more_than_half_waits",
    ),
    # Wiring
    Broken(
        "the cause never reaches a written reason",
        "plugin/sync/reconcile/reconcile.py",
        "found.forest, owned, partial(_cause, context, conn, found), found.end",
        "found.forest, owned, lambda: '', found.end",
        f"{RACES}::test_a_write_says_what_moved_the_number",
    ),
    Broken(
        "the announcement of what becomes due is removed",
        "plugin/sync/context.py",
        "        self.announcer.marked(conn, self.site, marked, now + self.quiet)\n",
        "",
        f"{RACES}::test_what_becomes_due_and_what_is_to_be_read_again_is_announced",
    ),
    Broken(
        "the announcement of what is to be read again is removed",
        "plugin/sync/refresh/tombstones.py",
        "        context.announcer.delivered(conn, context.site)\n",
        "",
        f"{RACES}::test_what_becomes_due_and_what_is_to_be_read_again_is_announced",
    ),
    Broken(
        "the announcement of a delivery is removed",
        "plugin/sync/intake/acceptance.py",
        "            self.announcer.delivered(conn, self.site)\n",
        "            pass\n",
        "tests/plugin/sync/test_intake.py",
    ),
    Broken(
        "the announcement of a delivery that is replayed is removed",
        "plugin/use_cases/work/deliveries.py",
        "            connector.announcer.delivered(conn, found.site)\n",
        "",
        f"{DELIVERIES}::test_a_delivery_that_is_replayed_is_announced_and_what_waits_already_is_not",
    ),
    Broken(
        "what is to be looked at before a cycle closes is undone with the refusal",
        "plugin/use_cases/cycles/closure.py",
        '            _follow(connector, conn, site, refusal.waiting, "its cycle is to be closed")\n',
        "            pass\n",
        "tests/plugin/sync/test_closing.py::test_what_nobody_has_looked_at_since_the_end_of_its_cycle_is_made_due",
    ),
    *(
        Broken(
            f"the announcement of what an act makes due is removed: {name}",
            f"plugin/use_cases/{name}.py",
            f"connector.announcer.marked(conn, site, {ids}, now)",
            "pass",
            "tests/architecture/test_announcements.py",
        )
        for name, ids in {
            "cycles/locks": "found",
            "cycles/closure": "ids",
            "cycles/carry": "ids",
            "cycles/carry_undo": "ids",
            "check_ins/check_ins": "[about.objective_id]",
            "work/dead_letters": "[objective_id]",
            "work/refusals": "[objective_id]",
            "work/gaps": "marked",
            "work/held_writes": "chosen",
            "mappings/mapping_life": "concerned",
        }.items()
    ),
    Broken(
        "the announcement of a paced field is removed",
        "plugin/sync/reconcile/reconcile.py",
        "            context.announcer.marked(conn, context.site, frozenset({objective_id}), later)\n",
        "",
        f"{RACES}::test_what_is_paced_is_announced_for_the_moment_from_which_it_may_be_written",
    ),
    Broken(
        "draining stops after one turn",
        "plugin/sync/drain.py",
        "        progress(reconciled, total)\n",
        "        progress(reconciled, total)\n        break\n",
        f"{RACES}::test_everything_that_is_due_is_worked_off_however_many_turns_it_takes",
    ),
    Broken(
        "a heavy operation is not marked heavy",
        "plugin/api/sites.py",
        '"Add a site.", status=201, heavy=True)',
        '"Add a site.", status=201)',
        f"{API}::test_what_costs_minutes_is_heavy_and_nothing_else_is",
    ),
    Broken(
        "heavy operations have the threads of quick ones",
        "plugin/api/protocol/dispatch.py",
        'lane="heavy" if operation.heavy else "quick"',
        'lane="quick"',
        f"{API}::test_what_costs_minutes_has_threads_of_its_own",
    ),
    # Only relations are tested
    Broken(
        "an empty bound becomes an open one",
        "mappings/progress/threshold.py",
        "if bound is not None and bound.number is None:",
        "if bound is not None and bound.number is None and not bound.empty:",
        f"{EDGES}::test_an_empty_bound_is_unknown_and_no_open_one",
    ),
    Broken(
        "as: one_key_result of a metric takes what is left out",
        "mappings/rollup/structure/key_results.py",
        "left = [one for one in selected if not is_excluded(assessment, one)]\n        issue",
        "left = list(selected)\n        issue",
        f"{EDGES}::test_a_metric_as_one_key_result_is_the_single_issue_that_is_not_left_out",
    ),
    Broken(
        "as: one_key_result of a metric takes the first of several",
        "mappings/rollup/structure/key_results.py",
        "issue = left[0] if len(left) == 1 else None",
        "issue = left[0] if left else None",
        f"{EDGES}::test_a_metric_as_one_key_result_is_the_single_issue_that_is_not_left_out",
    ),
    Broken(
        "parents in a circle under each_issue: any of them",
        "mappings/rollup/structure/key_results.py",
        "return min(inside) if inside else",
        "return inside[0] if inside else",
        f"{EDGES}::test_parents_in_a_circle_are_one_key_result_with_everything_below",
    ),
    Broken(
        "an unknown count_to counts as 0",
        "mappings/progress/delivery.py",
        "if not counting and any(item.disposition is not Disposition.EXCLUDED for item in weighed.values()):",
        "if False:",
        f"{EDGES}::test_an_unknown_count_keeps_the_rows_it_could_not_count",
    ),
    Broken(
        "an unknown count_to loses its ledger",
        "mappings/progress/delivery.py",
        "return unknown(_why_not(tally, weighed), ledger=_ledger(subject, tally, weighed, {}, None, aim))",
        "return unknown(_why_not(tally, weighed))",
        f"{EDGES}::test_an_unknown_count_keeps_the_rows_it_could_not_count",
    ),
    Broken(
        "a reading exactly now is none",
        "mappings/progress/threshold.py",
        "for at, value in history if at <= now]",
        "for at, value in history if at < now]",
        f"{EDGES}::test_a_reading_exactly_now_is_a_reading",
    ),
    Broken(
        "a period holds the instant at which the next one begins",
        "mappings/kpi/cadence.py",
        "self.start <= at < self.end",
        "self.start <= at <= self.end",
        "tests/mappings/kpi/test_periods.py",
    ),
    Broken(
        "a period does not hold its first instant",
        "mappings/kpi/cadence.py",
        "self.start <= at < self.end",
        "self.start < at < self.end",
        "tests/mappings/kpi/test_periods.py",
    ),
    Broken(
        "a link that came at the very instant is taken for later",
        "mappings/explain/past.py",
        "untold <= at",
        "untold < at",
        "tests/mappings/explain/test_past.py",
    ),
    # The bystander
    Broken(
        "registering our webhook overwrites one of our address",
        "connectors/jira/webhooks/registration.py",
        "if (found.name, found.url) == (name, url)), None",
        "if found.url == url), None",
        "tests/connectors/jira/test_against_sandbox.py::test_registering_ours_leaves_every_webhook_of_others_alone",
    ),
    Broken(
        "registering our webhook overwrites one of our name",
        "connectors/jira/webhooks/registration.py",
        "if (found.name, found.url) == (name, url)), None",
        "if found.name == name), None",
        "tests/connectors/jira/test_against_sandbox.py::test_registering_ours_leaves_every_webhook_of_others_alone",
    ),
    Broken(
        "a write on another site to an issue of the same id is ours",
        "connectors/store/writes/writes.py",
        '    table.c.site == bindparam("site"),\n    table.c.issue_id == bindparam("issue"),',
        '    table.c.issue_id == bindparam("issue"),',
        f"{BYSTANDERS}::test_a_write_on_another_site_to_an_issue_of_the_same_id_is_none_of_ours",
    ),
    Broken(
        "what waits on another site is released with ours",
        "connectors/store/writes/writes.py",
        "mine = and_(table.c.site == site, _IS_HELD)",
        "mine = and_(_IS_HELD)",
        f"{BYSTANDERS}::test_a_write_on_another_site_to_an_issue_of_the_same_id_is_none_of_ours",
    ),
    Broken(
        "a link without ids is an event of its own",
        "connectors/jira/webhooks/hints.py",
        "    if not ends:\n        return IgnoredBody(",
        "    if False:\n        return IgnoredBody(",
        "tests/connectors/jira/test_webhooks.py",
    ),
    Broken(
        "a link without ids names an issue that has none",
        "connectors/jira/webhooks/hints.py",
        '            if (issue_id := _id(other.get("id"))) is not None:\n                yield issue_id',
        '            yield _id(other.get("id")) or ""',
        "tests/connectors/jira/test_webhooks.py",
    ),
    Broken(
        "an update of an issue with links touches all of them",
        "connectors/jira/webhooks/hints.py",
        "linked = frozenset(_linked(fields)) if appears_or_goes else frozenset()",
        "linked = frozenset(_linked(fields))",
        "tests/connectors/jira/test_webhooks.py",
    ),
    Broken(
        "the draft of another account is taken away",
        "connectors/store/mappings/drafts.py",
        "mine = [table.c.site == site, table.c.account_id == account_id]",
        "mine = [table.c.site == site]",
        f"{HOMES}/test_background_jobs.py::test_a_draft_keeps_what_it_was_begun_from_and_is_its_owners_alone",
    ),
    *(
        Broken(
            f"what has another name goes, too: {name}",
            f"connectors/store/{name}.py",
            before,
            before[: before.index(", ", before.index("site == site"))] + after,
            f"{HOMES}/test_every_neighbour.py::test_what_has_another_name_neither_counts_nor_goes",
        )
        for name, before, after in (
            ("mappings/drafts", "[table.c.site == site, table.c.account_id == account_id]", "]"),
            ("mappings/coming_mappings", "where(table.c.site == site, table.c.revision == revision)", ")"),
            ("writes/written_values", "where(table.c.site == site, *place)", ")"),
            (
                "visibility/issue_sights",
                "where(table.c.site == site, among(conn, table.c.issue_id, ids)))",
                "))",
            ),
            ("lists/list_line", "where(table.c.site == site, among(conn, column, ids)))", "))"),
            ("absence/gaps", "where(table.c.site == site, mine).returning", ").returning"),
        )
    ),
    Broken(
        "one objective let go lets go all",
        "connectors/store/writes/brakes.py",
        "table.c.site == site, among(conn, table.c.objective_id, objective_ids)",
        "table.c.site == site",
        f"{HOMES}/test_brakes.py::test_two_processes_that_let_go_at_once_lose_nothing",
    ),
    Broken(
        "a read serves a wish that came while it was under way",
        "connectors/store/reads/read_requests.py",
        ".values(served=asked)",
        ".values(served=table.c.asked)",
        f"{HOMES}/test_reads.py::test_a_wish_that_comes_while_a_read_is_under_way_outlives_it",
    ),
    Broken(
        "two begin a background job together",
        "connectors/store/jobs/background_jobs.py",
        "set_=values, where=ended",
        "set_=values",
        f"{HOMES}/test_background_jobs.py::test_of_those_that_begin_together_one_runs",
    ),
    Broken(
        "a schedule is taken from a process that is at it",
        "connectors/store/jobs/schedules.py",
        "where=free & due",
        "where=due",
        f"{HOMES}/test_processes.py::test_of_the_processes_that_take_a_task_one_is_at_it_and_its_end_is_its_own",
    ),
    Broken(
        "the figures of former processes are rewritten",
        "connectors/store/jobs/counts.py",
        "former_call.c.calls + calls.excluded.calls",
        "calls.excluded.calls",
        f"{HOMES}/test_processes.py::test_the_figures_of_all_former_processes_add_up",
    ),
    Broken(
        "an update of an issue keeps its former links",
        "connectors/store/mirror/mirror.py",
        "    if known:\n        conn.execute(_unlinking(",
        "    if False:\n        conn.execute(_unlinking(",
        f"{BYSTANDERS}::test_an_issue_that_is_put_again_has_the_links_it_has_now_and_others_keep_theirs",
    ),
    Broken(
        "an update of an issue takes the links of others",
        "connectors/store/mirror/mirror.py",
        'delete_from(link).where(link.c.site == bindparam("site"), among_given(dialect, link.c.issue_id))',
        'delete_from(link).where(link.c.site == bindparam("site"), among_given(dialect, link.c.issue_id) | True)',
        f"{BYSTANDERS}::test_an_issue_that_is_put_again_has_the_links_it_has_now_and_others_keep_theirs",
    ),
    # What proves an edit
    Broken(
        "a comment explains a link that went without a word",
        "mappings/write_back/evidence.py",
        "    if changed_ends(before, after):\n        found.add(LINKS)\n",
        "",
        f"{PROVEN}::test_links_that_went_without_a_word_wait_for_a_person_although_their_issues_were_commented_on",
    ),
    Broken(
        "links that went with a deleted issue wait for a person",
        "plugin/sync/write_back/edits.py",
        "    edits = _without_gone_ends(context, edits)\n",
        "",
        f"{PROVEN}::test_links_that_went_with_an_issue_that_was_deleted_are_written",
    ),
    Broken(
        "Cloud is asked for entries of links by the id of a field, which they have not",
        "connectors/jira/read/changelog.py",
        "UNNAMED = frozenset({PARENT, LINKS})",
        "UNNAMED = frozenset({PARENT})",
        f"{PROVEN}::test_links_that_somebody_took_away_are_written_without_a_person",
    ),
    Broken(
        "a comment explains a field of an app",
        "plugin/sync/write_back/edits.py",
        "    moved = moved_facts(before, after, _told(context), same)",
        "    moved = moved_facts(before, after, (), same)",
        f"{PROVEN}::test_a_field_of_an_app_is_believed_where_the_history_tells_of_it",
    ),
    Broken(
        "a comment explains an issue that was not known",
        "plugin/sync/write_back/edits.py",
        "frozenset[str]() if issue.created > read_at else entrances(context.mapping.scope)",
        "frozenset[str]()",
        f"{PROVEN}::test_an_issue_that_comes_into_sight_is_believed_where_its_history_tells_what_brought_it",
    ),
    Broken(
        "whatever was done to an issue explains that it is shown again",
        "mappings/write_back/evidence.py",
        "ALWAYS_ENTERED.union(",
        "ALWAYS_ENTERED.union(FACTS, ",
        f"{PROVEN}::test_issues_that_are_shown_again_wait_for_a_person_although_people_worked_on_them",
    ),
    Broken(
        "what left the scope without a word explains itself",
        "plugin/sync/resync/missing_issues.py",
        "(silent | gone, {**edited, **told})",
        "(silent, edited)",
        f"{PROVEN}::test_an_issue_that_leaves_the_scope_is_believed_where_its_history_tells_what_brought_it_out",
    ),
    Broken(
        "an issue that was made since waits for a person",
        "plugin/sync/write_back/edits.py",
        "frozenset[str]() if issue.created > read_at else entrances(context.mapping.scope)",
        "entrances(context.mapping.scope)",
        f"{PROVEN}::test_issues_that_were_made_since_are_written",
    ),
    Broken(
        "what a row hangs on is not asked",
        "plugin/sync/write_back/hold.py",
        "    moving.look_above(silent | edited.keys())\n",
        "",
        f"{PROVEN}::test_a_row_that_went_with_what_it_hangs_on_is_as_sure_as_that",
    ),
    # Edges of the API
    Broken(
        "IPv6 clients are a bucket each",
        "plugin/access/authentication/throttle.py",
        "ip_network((parsed, 64), strict=False)",
        "parsed",
        f"{API}::test_who_shares_a_bucket_of_attempts",
    ),
    Broken(
        "all IPv6 clients are in one bucket",
        "plugin/access/authentication/throttle.py",
        "ip_network((parsed, 64), strict=False)",
        "ip_network((parsed, 0), strict=False)",
        f"{API}::test_who_shares_a_bucket_of_attempts",
    ),
    Broken(
        "the attempts are counted by the address itself",
        "plugin/access/authentication/throttle.py",
        'return f"sign-in-from:{neighbourhood(address)}"',
        'return f"sign-in-from:{address}"',
        "tests/plugin/access/test_sign_in.py::test_a_customer_of_ipv6_cannot_try_account_after_account_from_addresses_of_one_network",
    ),
    Broken(
        "a repeated parameter is taken once",
        "plugin/api/protocol/dispatch.py",
        "if len(texts) > 1 and not isinstance(getattr(query, name), list):",
        "if False:",
        f"{API}::test_a_parameter_that_stands_twice_is_refused_where_one_is_meant",
    ),
    Broken(
        "a 400 that no view answered is a web page",
        "plugin/api/protocol/dispatch.py",
        "if response.status_code < 400 or",
        "if response.status_code <= 400 or",
        f"{API}::test_a_400_that_no_view_answered_is_a_problem_document",
    ),
    Broken(
        "a cursor of another list is taken",
        "plugin/doors/cursor.py",
        " or found[0] != name:",
        ":",
        f"{API}::test_a_cursor_of_another_shape_is_refused",
    ),
    Broken(
        "a cursor of another type is taken",
        "plugin/doors/cursor.py",
        "if type(value) is not kind or",
        "if",
        f"{API}::test_a_cursor_of_another_shape_is_refused",
    ),
    Broken(
        "a cursor does not depend on the filters",
        "plugin/doors/cursor.py",
        "text = json.dumps([kind, filters], sort_keys=True)",
        "text = json.dumps([kind], sort_keys=True)",
        "tests/plugin/api/test_reading.py",
    ),
    Broken(
        "since takes an instant without a zone",
        "plugin/doors/model.py",
        "Instant = Annotated[AwareDatetime, ",
        "Instant = Annotated[datetime, ",
        f"{API}::test_since_is_an_instant_in_any_zone_and_never_a_guess",
    ),
    *(
        Broken(
            f"the site in the body is not looked at: {name} {at}",
            f"plugin/api/{name}.py",
            "known_site(caller.connector, body.site)",
            "known_site(caller.connector, None)",
            f"{API}::test_the_site_in_the_body_decides",
            at,
            of,
        )
        for name, of in {
            "work/plans": 1,
            "work/held_writes": 1,
            "work/backlog": 1,
            "work/gaps": 2,
            "work/losses": 2,
            "work/digests": 1,
            "objectives/goals": 2,
            "objectives/cycles": 6,
        }.items()
        for at in range(of)
    ),
)


def chosen(words: list[str]) -> list[Broken]:
    """Those that say all of the words."""
    return [one for one in BROKEN if all(word in one.what for word in words)]


def main(words: list[str]) -> int:
    """Breaks each in a copy; 1 where a test did not notice."""
    from tests.mutation.mutants import Copy, Mutant

    missed = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Copy(Path(folder))
        for one in chosen(words):
            text = one.text((ROOT / one.path).read_text())
            # a test that reads the files of the product has to find it there
            runner = None if one.test.startswith("tests/architecture/") else copy.runner
            told = copy.run(Mutant(one.path, 1, one.before, one.after, text), [one.test], 300, runner)
            noticed = bool(told["failed"]) or not told["ended"]
            missed += not noticed
            sys.stdout.write(
                f"{'noticed ' if noticed else 'MISSED  '} {one.what}  {' '.join(told['failed'][:1])}\n"
            )
            sys.stdout.flush()
        copy.close()
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
