"""A badge and a card as SVG: text that others wrote is escaped, nothing is fetched, and the eye of the dark finds its colours. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mappings.rollup.state import HealthLevel

LONGEST_LABEL, LONGEST_LINE = 40, 44
NARROW, USUAL, CAPITAL, WIDE = 4.0, 6.5, 8.0, 11.5
"""Pixels of a letter at 11 pixels; signs of East Asia are wide. The text is fitted to what is reckoned."""
SLIM = frozenset(" .,:;'|!iljtfrI·()[]")
PAD, HEIGHT = 7, 20
CARD_WIDTH, CARD_HEIGHT, BAR = 340, 112, 308
TONES = {
    HealthLevel.OFF_TRACK: ("#b3261e", "#ff9a90"),
    HealthLevel.AT_RISK: ("#8a5300", "#f3bd62"),
    HealthLevel.UNKNOWN: ("#5b626b", "#b0b7c0"),
    HealthLevel.PENDING: ("#2f6690", "#93c4ee"),
    HealthLevel.ON_TRACK: ("#13733f", "#6bd498"),
    HealthLevel.ACHIEVED: ("#6a3ab2", "#c9adff"),
}
"""By health the colour on light and on dark, as on the pages."""
ORDERS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")
"""What turns the direction of writing, and what no XML holds."""
FONT = "font-family='DejaVu Sans,Verdana,Geneva,sans-serif'"


@dataclass(frozen=True, slots=True)
class BadgeFace:
    """What a badge says: the words that were made public, a short value and its health; `share` is progress as a share of 1, None where unknown.

    `line` says more on a card; `as_of` is the moment of the number, in words.
    """

    label: str
    value: str
    level: HealthLevel
    share: Fraction | None
    line: str
    as_of: str


def badge_svg(face: BadgeFace) -> str:
    """One line: what it is, and where it stands."""
    label, value = _cut(face.label, LONGEST_LABEL), _cut(face.value, LONGEST_LABEL)
    left, right = _width(label) + 2 * PAD, _width(value) + 2 * PAD
    said = xml_text(f"{label}: {value}")
    light, _ = TONES[face.level]
    return "".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{left + right:.0f}' height='{HEIGHT}' role='img' aria-label='{said}'>",
            f"<title>{said}</title>",
            "<style>.l{fill:#3c434b}@media (prefers-color-scheme:dark){.l{fill:#2d333b}}</style>",
            f"<rect class='l' width='{left:.1f}' height='{HEIGHT}' rx='3'/>",
            f"<rect x='{left - 3:.1f}' width='{right + 3:.1f}' height='{HEIGHT}' rx='3' fill='{light}'/>",
            f"<rect x='{left - 3:.1f}' width='3' height='{HEIGHT}' fill='{light}'/>",
            f"<g fill='#fff' {FONT} font-size='11'>",
            f"<text x='{PAD}' y='14' textLength='{_width(label):.1f}'>{xml_text(label)}</text>",
            f"<text x='{left + PAD - 1:.1f}' y='14' textLength='{_width(value):.1f}'>{xml_text(value)}</text>",
            "</g></svg>",
        ]
    )


def card_svg(face: BadgeFace) -> str:
    """Some lines and a bar."""
    said = xml_text(f"{face.label}: {face.value}. {face.line} {face.as_of}")
    light, dark = TONES[face.level]
    return "".join(
        [
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{CARD_WIDTH}' height='{CARD_HEIGHT}' viewBox='0 0 {CARD_WIDTH} {CARD_HEIGHT}' role='img' aria-label='{said}'>",
            f"<title>{said}</title>",
            "<style>.s{fill:#fff;stroke:#d0d7de}.t{fill:#1f2328}.m{fill:#59636e}.b{fill:#e7eaed}",
            f".v{{fill:{light}}}@media (prefers-color-scheme:dark){{.s{{fill:#161b22;stroke:#3d444d}}",
            f".t{{fill:#f0f6fc}}.m{{fill:#aab4bf}}.b{{fill:#2a313a}}.v{{fill:{dark}}}}}</style>",
            f"<rect class='s' x='.5' y='.5' width='{CARD_WIDTH - 1}' height='{CARD_HEIGHT - 1}' rx='8'/>",
            f"<g {FONT} font-size='12'>",
            f"<text class='t' x='16' y='28' font-size='13' font-weight='bold'>{xml_text(_cut(face.label, LONGEST_LABEL))}</text>",
            f"<text class='v' x='16' y='52' font-weight='bold'>{xml_text(_cut(face.value, LONGEST_LINE))}</text>",
            *_bar(face.share),
            f"<text class='m' x='16' y='94' font-size='11'>{xml_text(_cut(f'{face.line} {face.as_of}'.strip(), 52))}</text>",
            "</g></svg>",
        ]
    )


def _bar(share: Fraction | None) -> Iterator[str]:
    """None of it where nothing is known: an empty bar would say 0."""
    if share is None:
        return
    yield f"<rect class='b' x='16' y='62' width='{BAR}' height='8' rx='4'/>"
    filled = float(min(max(share, Fraction(0)), Fraction(1))) * BAR
    if filled:
        yield f"<rect class='v' x='16' y='62' width='{max(filled, 8):.1f}' height='8' rx='4'/>"


def xml_text(text: str) -> str:
    """Text as XML holds it, also between quotes: escaped, without controls and without what turns the direction of writing."""
    plain = "".join(
        one for one in text if one not in ORDERS and unicodedata.category(one) not in ("Cc", "Cs")
    )
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;")):
        plain = plain.replace(sign, name)
    return plain


def _cut(text: str, most: int) -> str:
    room = 0
    for place, one in enumerate(text):
        room += 2 if unicodedata.east_asian_width(one) in "WF" else 1
        if room > most:
            return text[:place].rstrip() + "…"
    return text


def _width(text: str) -> float:
    return sum(_letter(one) for one in text)


def _letter(one: str) -> float:
    if unicodedata.east_asian_width(one) in "WF":
        return WIDE
    if one in SLIM:
        return NARROW
    return CAPITAL if one.isupper() or one in "%mwMW" else USUAL
