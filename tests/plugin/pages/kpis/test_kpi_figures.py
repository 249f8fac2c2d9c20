"""The lines, bands and sentences of a KPI, worked out by hand from a few periods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from mappings.document.schema import KpiPart
from mappings.kpi.band import Band, Bands, KpiLevel
from mappings.kpi.cadence import Period
from mappings.kpi.creation import Hindrance, PlannedIssue
from mappings.kpi.episode import Creation, KpiState, KpiStatus, Proposal
from mappings.kpi.series import PeriodValue
from mappings.kpi.state import KpiStanding, PeriodStanding, PeriodVerdict
from plugin.pages.views.kpis.kpi import kpi_groups, kpi_row, kpi_view, level_tally
from plugin.pages.views.kpis.kpi_chart import Dot, Label, Zone, kpi_bullet, kpi_chart, kpi_spark
from plugin.use_cases.kpis.board import EpisodeAct, ShownKpi
from tests.mappings.rollup.conftest import build_issue

FIRST, NOW = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)
THIN = "\u202f"
AT_MOST_5 = Band(at_most=Fraction(5))


def period(at, value, healthy=AT_MOST_5, watch=None, settled=True, told=PeriodVerdict.COUNTED, **worth):
    start = FIRST + timedelta(days=at)
    worth = PeriodValue(None if value is None else Fraction(value), **{"readings": 1, **worth})
    return PeriodStanding(
        Period(start, start + timedelta(days=1)),
        worth,
        Bands(healthy, watch or healthy),
        settled,
        start + timedelta(days=1),
        told,
    )


def kpi(*periods, state=None, part=None, last_known=None, so_far=None, **more):
    settled = next((one for one in reversed(periods) if one.settled), None)
    written = KpiPart.model_validate(
        {
            "id": "bugs",
            "name": "Open bugs",
            "unit": "bugs",
            "source": {"kind": "push"},
            "healthy": {"at_most": 5},
            **(part or {}),
        }
    )
    standing = KpiStanding(settled, so_far, last_known or settled, periods)
    return ShownKpi("main", written, UTC, standing, state or KpiState(), **more)


def of(*values, **bands):
    return kpi(*(period(at, value, **bands) for at, value in enumerate(values)))


def test_a_small_line_runs_over_the_healthy_band_of_its_settled_periods():
    """From 2 less a tenth of the way to 8, to 8 and a tenth: 1.4 to 8.6, in 18 of 22 high. Of the wider band nothing is shown."""
    wide = Band(at_most=Fraction(90))
    drawn = kpi_spark(
        kpi(*(period(at, value, watch=wide) for at, value in enumerate((2, 8, None, 4))), period(4, 99, settled=False))
    )  # fmt: skip
    assert drawn.lines == ("2.0,18.5 30.0,3.5", "86.0,13.5")
    assert drawn.end == ("86.0", "13.5")
    assert drawn.outside == (("30.0", "3.5"),)
    assert drawn.zones == (Zone("healthy", "0.0", "11.0", "88.0", "11.0"),)
    assert drawn.description == "From 2 to 4 bugs over 4 periods, 1 of them out of the healthy band"


def test_a_small_line_without_a_last_value_has_no_end_and_without_any_is_none():
    broken = kpi_spark(of(2, 4, None))
    assert (broken.end, broken.description) == (None, "From 2 to 4 bugs over 3 periods")
    none = kpi_spark(of(None, None))
    assert (none.lines, none.end, none.description, none.zones) == ((), None, "No data yet", ())
    assert kpi_spark(kpi(period(0, 4, settled=False))).description == "No data yet"


def test_only_the_last_rings_are_drawn_and_all_are_said():
    drawn = kpi_spark(of(*[9] * 10))
    assert drawn.description == "From 9 to 9 bugs over 10 periods, 10 of them out of the healthy band"
    assert [x for x, _ in drawn.outside] == ["20.7", "30.0", "39.3", "48.7", "58.0", "67.3", "76.7", "86.0"]


def test_a_single_zero_has_room_above_it_and_none_below():
    drawn = kpi_spark(of(0, healthy=Band(at_most=Fraction(0))))
    assert drawn.lines == ("2.0,20.0",)
    assert drawn.description == "From 0 to 0 bugs over 1 period"


def test_a_chart_shows_periods_in_both_bands():
    """From 2 less a tenth of the way to 9, to 9 and a tenth: 1.3 to 9.7."""
    drawn = kpi_chart(of(2, 8, None, 4, watch=Band(at_most=Fraction(9))))
    assert drawn.zones == (
        Zone("watch", "0.0", "83.3", "1000.0", "916.7"),
        Zone("healthy", "0.0", "559.5", "1000.0", "440.5"),
    )
    assert drawn.lines == ("125.0,916.7 375.0,202.4", "875.0,678.6")
    assert drawn.dots == (
        Dot("12.5%", "91.7%", "counted", "healthy", "2 Nov 2026: 2 bugs, healthy; "),
        Dot("37.5%", "20.2%", "counted", "watch", "3 Nov 2026: 8 bugs, watch; "),
        Dot("87.5%", "67.9%", "counted", "healthy", "5 Nov 2026: 4 bugs, healthy; "),
    )
    assert drawn.marks == (
        Label("100%", "1.3"),
        Label("75%", "3.4"),
        Label("50%", "5.5"),
        Label("25%", "7.6"),
        Label("0%", "9.7"),
    )
    assert drawn.days == (
        Label("12.5%", "2 Nov"),
        Label("37.5%", "3 Nov"),
        Label("62.5%", "4 Nov"),
        Label("87.5%", "5 Nov"),
    )
    assert (drawn.empty, drawn.kinds, drawn.watch) == (False, (), True)
    assert drawn.description == "4 periods, from 2 to 8 bugs; 1 of them without data"


def test_a_chart_without_a_value_is_empty():
    drawn = kpi_chart(of(None))
    assert (drawn.empty, drawn.description, drawn.watch) == (True, "No data yet", False)
    assert (drawn.zones, drawn.lines, drawn.dots, drawn.days, drawn.marks, drawn.kinds) == ((),) * 6


def test_neighbours_of_one_band_are_one_piece_and_a_band_has_the_sides_it_has():
    between, least = Band(Fraction(2), Fraction(4)), Band(at_least=Fraction(3))
    drawn = kpi_chart(
        kpi(period(0, 0, between), period(1, 10, between), period(2, 0, least), period(3, 10, between))
    )
    healthy = [one for one in drawn.zones if one.name == "healthy"]
    assert [(one.x, one.width, one.y, one.height) for one in healthy] == [
        ("0.0", "500.0", "636.4", "181.8"),
        ("500.0", "250.0", "0.0", "727.3"),
        ("750.0", "250.0", "636.4", "181.8"),
    ]
    assert not drawn.watch


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (period(0, 4), "counted"),
        (period(0, 4, late=True), "late"),
        (period(0, 4, corrected=True), "corrected"),
        (period(0, 4, corrected=True, late=True), "corrected"),
        (period(0, 4, told=PeriodVerdict.COUNTED_OTHERWISE), "corrected"),
        (period(0, 4, settled=False, corrected=True), "unsettled"),
    ],
)
def test_what_kind_of_period_a_dot_is(one, kind):
    drawn = kpi_chart(kpi(one))
    assert [dot.kind for dot in drawn.dots] == [kind]
    assert drawn.kinds == (() if kind == "counted" else (kind,))


def test_the_legend_names_kinds_in_an_order_of_its_own():
    drawn = kpi_chart(kpi(period(0, 4, corrected=True), period(1, 4, late=True), period(2, 4, settled=False)))
    assert drawn.kinds == ("late", "corrected", "unsettled")


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1, 1), (5, 5), (6, 3), (10, 5), (11, 4), (26, 5)],
)
def test_at_most_a_handful_of_periods_are_named(number, shown):
    days = kpi_chart(of(*[4] * number)).days
    assert len(days) == shown
    assert days[0].text == "2 Nov"


@pytest.mark.parametrize(
    ("cadence", "name"),
    [
        ("daily", "2 Nov"),
        ("weekly", "2 Nov"),
        ("monthly", "Nov 2026"),
        ("quarterly", "2026-Q4"),
        ("hourly", "2 Nov 2026, 00:00 UTC"),
    ],
)
def test_what_periods_are_called_below_a_chart(cadence, name):
    assert [one.text for one in kpi_chart(kpi(period(0, 4), part={"cadence": cadence})).days] == [name]


@pytest.mark.parametrize(
    ("least", "most", "marks"),
    [
        (0, 1000, ["0", "275", "550", "825", f"1{THIN}100"]),
        (1000, 1001, ["999.9", f"1{THIN}000.2", f"1{THIN}000.5", f"1{THIN}000.8", f"1{THIN}001.1"]),
        (0, 30, ["0", "8", "16", "25", "33"]),
    ],
)
def test_labels_of_an_axis_have_no_more_digits_than_its_span_needs(least, most, marks):
    drawn = kpi_chart(kpi(period(0, least, Band(at_most=Fraction(most)))))
    assert [one.text for one in drawn.marks] == marks


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (of(2, 8, 4), ("0.0%", "54.3%", ["54.3%"], "43.5%", True, False)),
        (of(90, healthy=Band(Fraction(70), Fraction(80))), ("14.3%", "35.7%", ["14.3%", "50.0%"], "85.7%", False, True)),
        (of(5), ("0.0%", "50.0%", ["50.0%"], "50.0%", False, False)),
        (of(0, healthy=Band(at_most=Fraction(0))), ("0.0%", "0.0%", ["0.0%"], "0.0%", True, False)),
        (of(10, healthy=Band(at_least=Fraction(5))), ("45.5%", "54.5%", ["45.5%"], "90.9%", True, False)),
        (of(-1, healthy=AT_MOST_5), ("0.0%", "85.7%", ["85.7%"], "14.3%", False, False)),
        (of(9, healthy=Band(at_least=Fraction(5))), ("14.3%", "85.7%", ["14.3%"], "85.7%", False, False)),
        (of(10, healthy=Band(at_least=Fraction(5), at_most=None)), ("45.5%", "54.5%", ["45.5%"], "90.9%", True, False)),
    ],
    ids=["from nothing", "between bounds, above", "at its bound", "nothing", "half of it", "below nothing", "more than half of it", "open above"],
)  # fmt: skip
def test_the_value_on_the_scale_of_its_band(one, shown):
    bullet = kpi_bullet(one)
    assert bullet is not None
    bounds = [bound.at for bound in bullet.bounds]
    assert (
        bullet.band_from,
        bullet.band_width,
        bounds,
        bullet.at,
        bullet.from_nothing,
        bullet.outside,
    ) == shown


def test_a_bullet_says_in_words_where_its_value_lies():
    inside, outside = kpi_bullet(of(4)), kpi_bullet(of(6))
    assert inside is not None
    assert outside is not None
    assert inside.description == "4 bugs, inside of its healthy band"
    assert outside.description == "6 bugs, outside of its healthy band"
    assert [bound.text for bound in inside.bounds] == ["5"]


def test_a_bullet_is_of_what_counts_else_of_what_was_known_last():
    assert kpi_bullet(of(None)) is None
    assert kpi_bullet(kpi(period(0, 4, settled=False))) is None
    known = kpi_bullet(kpi(period(0, 7), period(1, None), last_known=period(0, 7)))
    assert known is not None
    assert known.description == "7 bugs, outside of its healthy band"
    only = kpi_bullet(kpi(last_known=period(0, 7)))
    assert only is not None
    assert kpi_bullet(of(4, healthy=Band())) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], ""),
        ([None], ""),
        ([4], "In its band"),
        ([4, 5], "In its band"),
        ([6, 4], "In its band again"),
        ([6, 4, None, 4], "In its band"),
        ([6], "Above its band for the first time"),
        ([4, 4, 6], "Above its band for the first time"),
        ([6, 4, 6], "Above its band again"),
        ([1, 6], "Above its band again"),
        ([4, 6, None, 7], "Above its band, 2 periods running"),
        ([6, 6, 6], "Above its band, 3 periods running"),
        ([4, 1], "Below its band for the first time"),
        ([6, 1, 1], "Below its band, 2 periods running"),
    ],
)
def test_where_it_stands_against_its_band(values, words):
    assert kpi_row(of(*values, healthy=Band(Fraction(2), Fraction(5))), None).stands == words


def test_a_period_that_is_not_settled_decides_nothing_about_where_it_stands():
    row = kpi_row(kpi(period(0, 4), period(1, 9, settled=False), so_far=period(1, 9, settled=False)), None)
    assert (row.stands, row.value, row.so_far, row.period) == (
        "In its band",
        "4 bugs",
        "9 bugs",
        "2 Nov 2026",
    )


def test_a_row_without_data_says_so_and_what_was_known_last():
    bare = kpi_row(kpi(), "south")
    assert (bare.value, bare.period, bare.word, bare.tone, bare.band, bare.bullet) == (
        "No data",
        "",
        "No data",
        "pending",
        "",
        None,
    )
    assert (bare.last_known, bare.so_far, bare.marks, bare.site, bare.key_result) == ("", "", (), "south", "")
    missing = kpi_row(kpi(period(0, 7), period(1, None), last_known=period(0, 7)), None)
    assert (missing.value, missing.period, missing.word) == ("No data", "3 Nov 2026", "No data")
    assert (missing.last_known, missing.band) == ("last known: 7 bugs, 2 Nov 2026", "at most 5 bugs")
    only = kpi_row(kpi(last_known=period(0, 7)), None)
    assert (only.band, only.value) == ("at most 5 bugs", "No data")
    assert kpi_row(kpi(so_far=period(1, None, settled=False)), None).so_far == ""


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ({"kind": "push"}, "pushed"),
        ({"kind": "csv"}, "from files"),
        ({"kind": "jql_count", "jql": "project = PLAT"}, "JQL count"),
        ({"kind": "formula", "expr": "a", "of": {"a": "other"}}, "formula"),
    ],
)
def test_what_a_kpi_is_about(source, word):
    assert kpi_row(kpi(part={"source": source}), None).about == ("daily", word)
    whole = {"source": source, "owner": "Ada", "perspective": "process", "indicator": "leading"}
    assert kpi_row(kpi(part=whole), None).about == ("Ada", "daily", word, "process", "leading")


@pytest.mark.parametrize(
    ("one", "marks"),
    [
        (period(0, 4), ()),
        (period(0, 4, late=True), ("late",)),
        (period(0, 4, corrected=True), ("corrected",)),
        (period(0, 4, late=True, told=PeriodVerdict.COUNTED_OTHERWISE), ("late", "corrected")),
    ],
)
def test_how_a_period_came_about_is_marked(one, marks):
    shown = kpi(one)
    figures = kpi_view(shown, None, NOW).periods
    assert (kpi_row(shown, None).marks, figures[0].marks) == (marks, marks)


LATEST = datetime(2026, 11, 18, 23, 59, 59, 999000, tzinfo=UTC)
OPEN = build_issue("42")
COUNTED = "Counted until the period that ends on 18 Nov 2026."
BY_HAND = "Nothing is created in Jira by itself: make the issue there, and accept it here."


def counted(status=KpiStatus.WATCHING, **more):
    return KpiState(status=status, latest=LATEST, **more)


AFTER = {"promote": {"after": 3, "objective": "PLAT-1"}, "revert": {"after": 1}}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (KpiState(), ["Nothing has been counted yet: a period counts once it is settled and has a value."]),
        (counted(), [COUNTED, "Counting anew; a key result is proposed after 3 settled periods out of it."]),
        (counted(outside=1), [COUNTED, "Out of the healthy band 1 settled period running; a key result is proposed after 3 settled periods out of it."]),
        (counted(inside=2), [COUNTED, "In the healthy band 2 settled periods running; a key result is proposed after 3 settled periods out of it."]),
        (counted(outside=1, refused=True), [COUNTED, "Out of the healthy band 1 settled period running; a key result is proposed after 3 settled periods out of it.", "Its key result was closed without being done: nothing is proposed until a period in the band was counted."]),
        (counted(KpiStatus.KR_PROPOSED, outside=3, proposal=Proposal(Fraction(9), Fraction(5))), [COUNTED, "Out of the healthy band 3 settled periods running; it is back to watching after 1 settled period in it.", "Proposed: from 9 to 5.", BY_HAND]),
        (counted(KpiStatus.KR_PROPOSED, outside=3, proposal=Proposal(Fraction(9), Fraction(5), "PLAT-1")), [COUNTED, "Out of the healthy band 3 settled periods running; it is back to watching after 1 settled period in it.", "Proposed under PLAT-1: from 9 to 5.", BY_HAND]),
        (counted(KpiStatus.KR_OPEN, outside=3, proposal=Proposal(Fraction(9), Fraction(5))), [COUNTED, "Out of the healthy band 3 settled periods running; it is back to watching after 1 settled period in it.", BY_HAND]),
        (counted(KpiStatus.KR_OPEN, inside=1, key_result="42"), [COUNTED, "In the healthy band 1 settled period running; it is back to watching after 1 settled period in it.", "PLAT-42 is its key result. Once it is done in Jira, the KPI is watched again."]),
        (counted(KpiStatus.KR_OPEN, inside=1, key_result="42", missing=LATEST), [COUNTED, "In the healthy band 1 settled period running; it is back to watching after 1 settled period in it.", "The issue of its key result is out of sight; after a week of that the KPI is watched again."]),
        (counted(KpiStatus.CLOSE_PROPOSED, inside=1, key_result="42"), [COUNTED, "In the healthy band 1 settled period running; it is back to watching after 1 settled period in it.", "It has been in its band long enough: once PLAT-42 is closed in Jira, the KPI is watched again."]),
        (counted(former="42"), [COUNTED, "Counting anew; a key result is proposed after 3 settled periods out of it.", "PLAT-42 was its key result and is done; opened again, it goes on."]),
    ],
    ids=["nothing", "anew", "out", "in", "refused", "proposed", "under one", "wanted", "open", "out of sight", "to close", "former"],
)  # fmt: skip
def test_what_was_counted_and_what_follows(state, said):
    assert list(kpi_view(kpi(state=state, part=AFTER, key_result=OPEN), None, NOW).why) == said


def test_of_a_band_without_consequences_only_the_count_is_said():
    found = kpi_view(kpi(state=counted(outside=2), key_result=None), None, NOW)
    assert found.why == (COUNTED, "Out of the healthy band 2 settled periods running.")
    gone = kpi_view(kpi(state=counted(KpiStatus.KR_OPEN, key_result="42")), None, NOW)
    assert gone.why[-1].startswith("The issue of its key result is out of sight")
    assert (gone.key_result, gone.row.key_result) == ("", "")
    assert kpi_view(kpi(state=counted(former="42")), None, NOW).why == (COUNTED, "Counting anew.")


PLANNED = PlannedIssue(OPEN.project, (), "Open bugs: at most 5", ())
BELOW = replace(PLANNED, parent=build_issue("7"))
TRIED = Creation(tried=LATEST)


@pytest.mark.parametrize(
    ("status", "planned", "creation", "said", "flags"),
    [
        (KpiStatus.KR_PROPOSED, PLANNED, None, ["To be created in PLAT: “Open bugs: at most 5”."], (True, True, False, False)),
        (KpiStatus.KR_PROPOSED, BELOW, None, ["To be created in PLAT below PLAT-7: “Open bugs: at most 5”."], (True, True, False, False)),
        (KpiStatus.KR_OPEN, PLANNED, None, ["To be created in PLAT: “Open bugs: at most 5”.", "It is created within a minute."], (True, True, False, False)),
        (KpiStatus.KR_OPEN, PLANNED, Creation(said="Jira refused.", remedy="Ask."), ["To be created in PLAT: “Open bugs: at most 5”.", "Jira refused. Ask."], (True, True, False, False)),
        (KpiStatus.KR_OPEN, PLANNED, Creation(said="Jira refused."), ["To be created in PLAT: “Open bugs: at most 5”.", "Jira refused."], (True, True, False, False)),
        (KpiStatus.KR_OPEN, PLANNED, TRIED, ["To be created in PLAT: “Open bugs: at most 5”.", "It is created within a minute."], (True, False, True, False)),
        (KpiStatus.KR_OPEN, PLANNED, replace(TRIED, asks=True), ["To be created in PLAT: “Open bugs: at most 5”.", "It is created within a minute."], (True, True, True, False)),
        (KpiStatus.KR_OPEN, Hindrance("No type.", "Name one."), None, ["No type. Name one."], (True, False, False, True)),
        (KpiStatus.KR_OPEN, Hindrance("No type.", "Name one."), TRIED, ["No type. Name one."], (True, False, True, False)),
        (KpiStatus.KR_OPEN, None, None, [BY_HAND], (True, False, False, False)),
        (KpiStatus.WATCHING, PLANNED, None, [], (False, True, False, False)),
    ],
)  # fmt: skip
def test_what_would_be_made_in_jira(status, planned, creation, said, flags):
    found = kpi_view(kpi(state=counted(status, creation=creation), planned=planned), None, NOW)
    assert list(found.why[2:]) == said
    assert (found.accepts, found.makes, found.makes_again, found.lacks_objective) == flags


@pytest.mark.parametrize(
    ("state", "said", "asks", "closes", "dismisses"),
    [
        (KpiState(), "", "", False, False),
        (KpiState(KpiStatus.KR_PROPOSED), "A key result is proposed", "Make “Open bugs” a key result?", False, True),
        (KpiState(KpiStatus.KR_OPEN), "A key result is wanted", "", False, True),
        (KpiState(KpiStatus.KR_OPEN, key_result="42"), "A key result is open", "", False, False),
        (KpiState(KpiStatus.CLOSE_PROPOSED, key_result="42"), "Closing the key result is proposed", "Close the key result of “Open bugs”?", True, True),
    ],
)  # fmt: skip
def test_what_a_kpi_waits_for(state, said, asks, closes, dismisses):
    found = kpi_view(kpi(state=state, key_result=OPEN), None, NOW)
    assert (found.row.state, found.row.proposes, found.closes, found.dismisses) == (
        said,
        asks,
        closes,
        dismisses,
    )
    assert found.key_result == ("PLAT-42" if state.key_result else "")


def test_the_page_lists_what_was_read_the_latest_first():
    shown = kpi(
        period(0, 4, late=True),
        period(1, None, readings=0),
        period(2, None, readings=0, reason="it never answered", told=PeriodVerdict.NOTHING),
        period(3, 7, settled=False, told=PeriodVerdict.RUNNING, watch=Band(at_most=Fraction(8))),
        period(4, None, settled=False, readings=0, told=PeriodVerdict.RUNNING),
        part={"owner": "Ada"},
        so_far=period(4, None, settled=False),
        happened=(EpisodeAct(NOW - timedelta(hours=2), "accepted", "PLAT-42"),),
    )
    found = kpi_view(shown, None, NOW)
    assert [(one.period, one.text, one.word, one.tone, one.known, one.readings, one.told) for one in found.periods] == [
        ("5 Nov 2026", "7 bugs", "Watch", "at_risk", True, 1, "not settled yet"),
        ("4 Nov 2026", "No data", "No data", "pending", False, 0, "not counted: it never answered"),
        ("3 Nov 2026", "No data", "No data", "pending", False, 0, ""),
        ("2 Nov 2026", "4 bugs", "Healthy", "on_track", True, 1, ""),
    ]  # fmt: skip
    assert [(one.band, one.watch) for one in found.periods[:2]] == [
        ("at most 5 bugs", "at most 8 bugs"),
        ("at most 5 bugs", ""),
    ]
    assert (found.owner, found.last_known, found.counted_until) == ("Ada", None, None)
    assert [(at.ago, what, issue) for at, what, issue in found.happened] == [
        ("2 h ago", "accepted", "PLAT-42")
    ]
    known = kpi_view(kpi(period(0, 7), period(1, None), last_known=period(0, 7), state=counted()), None, NOW)
    assert known.last_known is not None
    assert known.last_known.text == "7 bugs"
    assert known.counted_until is not None
    assert known.counted_until.iso == "2026-11-18T23:59:59+00:00"
    assert (known.owner, known.so_far) == ("", None)


def test_kpis_stand_by_perspective_those_without_one_last():
    def pair(name, perspective=None):
        one = kpi(part={"id": name, **({"perspective": perspective} if perspective else {})})
        return one, kpi_row(one, None)

    mixed = [pair("a"), pair("b", "process"), pair("c", "customer"), pair("d", "process")]

    def told(pairs, by):
        return [(one.name, [row.id for row in one.rows]) for one in kpi_groups(pairs, by)]

    assert told(mixed, True) == [
        ("Process", ["b", "d"]),
        ("Customer", ["c"]),
        ("No perspective", ["a"]),
    ]
    assert told(mixed, False) == [("", ["a", "b", "c", "d"])]
    assert told(mixed[:1], True) == [("", ["a"])]
    assert told(mixed[1:2], True) == [("Process", ["b"])]


def test_levels_are_counted_in_the_order_in_which_they_come():
    assert level_tally([KpiLevel.WATCH, KpiLevel.HEALTHY, KpiLevel.WATCH]) == (
        ("watch", "at_risk", "Watch", 2),
        ("healthy", "on_track", "Healthy", 1),
    )
