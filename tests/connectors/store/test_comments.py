"""Comments that begin as check-ins do, as they are kept: whose are read again, and that the order of arrival makes no difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import permutations

from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, comments
from connectors.store.numbers.comments import KeptComment
from mappings.explain.check_in import CheckIn, Measure
from mappings.facts.issue import Issue


def test_comments_are_read_again_where_jira_touched_the_issue(
    store: Store, an_issue: Callable[..., Issue], now: datetime
) -> None:
    first, second = an_issue("10001", updated=now), an_issue("10002", updated=now)
    later = now + timedelta(minutes=1)
    with store.write() as conn:
        mirror.put(conn, "main", [first, second])
        comments.watch(conn, "main", ["10002", "10001", "10001"])
        comments.watch(conn, "main", ["10001"])
        comments.watch(conn, "other", ["10003"])
        assert comments.list_watched(conn, "main", ["10001", "10003"]) == {"10001"}
        assert comments.stale(conn, "main", 10) == ["10001", "10002"]
        assert comments.note_read(conn, "main", "10001", now, later)
        assert comments.stale(conn, "main", 10) == ["10002"]
        assert not comments.note_read(conn, "main", "10001", later, now)  # an older look, come late
        mirror.put(conn, "main", [replace(first, updated=later)])
        assert comments.stale(conn, "main", 1) == ["10002"]
        assert comments.stale(conn, "main", 2) == ["10002", "10001"]
        comments.put_back(conn, "main", "10002", later + timedelta(minutes=1))  # Jira shows it to nobody
        assert comments.stale(conn, "main", 1) == ["10001"]
        comments.unwatch(conn, "main", "10002")
        assert comments.stale(conn, "main", 2) == ["10001"]


def test_what_is_known_of_the_comments_of_an_issue_is_replaced_as_a_whole(
    store: Store, now: datetime
) -> None:
    older = KeptComment("10001", "9", now, now, "Ada", "okr 47,5", "it is no number")
    said = KeptComment("10003", "1", now, now, "Ada", "okr x", "“a\x00b” is not understood")
    newer = KeptComment("10001", "10", now, now + timedelta(hours=1), "Bo", "okr 9 %")
    other = KeptComment("10002", "9", now, now, "Kim", "okr 8 %")
    with store.write() as conn:
        comments.replace(conn, "main", "10001", [newer, older])
        comments.replace(conn, "main", "10002", [other])
        comments.replace(conn, "main", "10003", [said])
        assert comments.load_comments(conn, "main", ["10003"])["10003", "1"].fault == "“ab” is not understood"
        assert list(comments.load_comments(conn, "main", ["10001"]).values()) == [older, newer]
        comments.replace(conn, "main", "10001", [newer])
        assert comments.load_comments(conn, "main", ["10001", "10002"]) == {
            ("10002", "9"): other,
            ("10001", "10"): newer,
        }


def test_in_whatever_order_comments_come_the_latest_stands(store: Store, now: datetime) -> None:
    def said(hours: int, comment: str, value: str | None) -> CheckIn:
        worth = None if value is None else Fraction(value)
        at = now + timedelta(hours=hours)
        return CheckIn(
            "10001", "10007", Measure.CURRENT, worth, "Ada", at, delta=None if worth is None else Fraction(1, 10),
            comment=comment, clears=value is None,
        )  # fmt: skip

    told = (said(1, "9", "1"), said(2, "10", None), said(3, "12", "3"), said(3, "11", "4"))
    for number, order in enumerate(permutations(told)):
        site = f"site-{number}"
        with store.write() as conn:
            for one in order:
                check_ins.add_of_comment(conn, site, one, now)
            kept = {
                one.check_in.comment: (one.check_in, one.ended_how)
                for one in check_ins.load_all(conn, site, "10001")
            }
            assert {comment: how for comment, (_, how) in kept.items()} == {
                "9": "cleared",
                "10": "replaced",
                "11": "replaced",
                "12": None,
            }
            check_ins.retract(conn, site, kept["12"][0], now)
            assert check_ins.load_standing(conn, site)["10001", "10007"].value == 4
            check_ins.retract(conn, site, kept["11"][0], now)
            assert check_ins.load_standing(conn, site) == {}
            check_ins.retract(conn, site, kept["10"][0], now)
            assert check_ins.load_standing(conn, site)["10001", "10007"].value == 1
