"""Nothing is public until an admin makes it so, and nothing of it is once they take it back; what is shown is a number and words, escaped."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

import pytest

from mappings.rollup.state import HealthLevel
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.use_cases.badges.badges import publish
from plugin.use_cases.badges.drawing import BadgeFace, badge_svg, card_svg
from plugin.use_cases.permission import PermissionRefusal
from tests.plugin.use_cases.conftest import Doors

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def path_of(address: str) -> str:
    return address[address.index("/badges/") :]


def face(**more: Any) -> BadgeFace:
    said = {"label": "OKR", "value": "62 %", "level": HealthLevel.ON_TRACK, "share": Fraction(31, 50)}
    return BadgeFace(**{**said, "line": "2026-Q4,", "as_of": "as of noon", **more})


def shapes(svg: str) -> list[str]:
    """Where each shape stands and how large it is."""
    places = ("x", "y", "width", "height", "textLength")
    return [
        " ".join(
            [one.tag.removeprefix(SVG), *(f"{name}={one.get(name)}" for name in places if one.get(name))]
        )
        for one in ElementTree.fromstring(svg).iter()
        if one.get("width") or one.get("x")
    ]


def test_what_is_drawn_stands_beside_and_not_on_one_another() -> None:
    """65 for the word with 7 on each side, then the value; of the bar of 308 are 31/50 filled."""
    assert shapes(badge_svg(face(label="Checkout", value="64 %"))) == [
        "svg width=104 height=20",
        "rect width=65.0 height=20",
        "rect x=62.0 width=42.0 height=20",
        "rect x=62.0 width=3 height=20",
        "text x=7 y=14 textLength=51.0",
        "text x=71.0 y=14 textLength=25.0",
    ]
    assert shapes(card_svg(face())) == [
        "svg width=340 height=112",
        "rect x=.5 y=.5 width=339 height=111",
        "text x=16 y=28",
        "text x=16 y=52",
        "rect x=16 y=62 width=308 height=8",
        "rect x=16 y=62 width=191.0 height=8",
        "text x=16 y=94",
    ]


def test_a_badge_lives_from_the_act_of_an_admin_to_its_revocation(company: Doors) -> None:
    objective = company.api("GET", "/objectives?limit=1").json["items"][0]
    stranger = company.app.test_client()
    assert stranger.get(f"/badges/{objective['key']}.svg").status_code == 404
    with pytest.raises(PermissionRefusal):
        publish(company.connector, Actor("vera", Permission.EDITOR), "main", "objective", objective["key"])
    words = "Ours <b>&\"'\u202e"
    made = company.api("POST", "/badges", {"kind": "objective", "subject": objective["key"], "words": words})
    assert made.status_code == 201, made.json
    path = path_of(made.json["address"])
    assert made.json["badge"].isalnum(), "a dash in front would be an option to `jira-okr badge revoke`"
    shown = stranger.get(path)
    svg = shown.get_data(as_text=True)
    percent = (
        f"{round(objective['progress'] * 100)} %" if objective["progress"] is not None else "no number yet"
    )
    assert (shown.status_code, shown.mimetype) == (200, "image/svg+xml")
    assert texts(svg)[0] == "Ours <b>&\"'"
    assert texts(svg)[1].startswith(percent)
    assert objective["title"] not in svg
    assert objective["key"] not in svg
    assert (
        shown.headers["Cache-Control"],
        "default-src 'none'" in shown.headers["Content-Security-Policy"],
    ) == (
        "public, max-age=300",
        True,
    )
    assert "Set-Cookie" not in shown.headers
    assert stranger.get(path, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    card = stranger.get(path_of(made.json["card"])).get_data(as_text=True)
    assert objective["cycle"] in texts(card)[2]
    assert [one["badge"] for one in company.api("GET", "/badges").json["items"]] == [made.json["badge"]]
    assert company.command("badge", "revoke", made.json["badge"]).exit_code == 0
    assert stranger.get(path, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 404
    assert company.api("DELETE", f"/badges/{made.json['badge']}").status_code == 404
    assert [what for what, _, _ in company.audited()][-2:] == ["badge made public", "badge revoked"]


def test_a_cycle_says_how_many_of_it_are_on_track(company: Doors) -> None:
    every = company.api("GET", "/objectives?limit=200").json["items"]
    cycle = max(one["cycle"] for one in every)
    mine = [one for one in every if one["cycle"] == cycle]
    well = sum(one["health"]["level"] in ("on_track", "achieved") for one in mine)
    told = company.command("badge", "publish", cycle, "--cycle", "--json")
    assert told.exit_code == 0, told.output
    (badge,) = company.api("GET", "/badges").json["items"]
    svg = company.app.test_client().get(path_of(badge["address"]))
    assert texts(svg.get_data(as_text=True)) == [f"OKRs {cycle}", f"{well} of {len(mine)} on track"]
    assert company.command("badge", "publish", "no-such-cycle", "--cycle").exit_code == 1
    assert company.api("POST", "/badges", {"kind": "objective", "subject": "NO-1"}).status_code == 409


@pytest.mark.parametrize(
    "text", ["<script>alert('x')</script>", "a\x00b\x1b[31m", "]]>&amp;", "漢字" * 40, "\ud800"]
)
def test_whatever_it_is_called_it_is_xml_and_never_more_than_text(text: str) -> None:
    for drawn in (badge_svg(face(label=text, value=text)), card_svg(face(label=text, line=text))):
        root = ElementTree.fromstring(drawn)
        kinds = {one.tag.removeprefix(SVG) for one in root.iter()}
        assert kinds <= {"svg", "title", "style", "rect", "g", "text"}
        assert "prefers-color-scheme:dark" in drawn
        assert all(len(one) <= 54 for one in texts(drawn))


def test_an_unknown_number_has_no_bar_and_none_is_longer_than_whole() -> None:
    bars = [
        [
            float(one.get("width", 0))
            for one in ElementTree.fromstring(card_svg(face(share=share))).iter(f"{SVG}rect")
        ][1:]
        for share in (None, Fraction(0), Fraction(1, 2), Fraction(3))
    ]
    assert bars == [[], [308], [308, 154], [308, 308]]
