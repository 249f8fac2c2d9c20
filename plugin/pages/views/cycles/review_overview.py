"""A cycle at one glance: what was kept, whether the work brought the outcome, and how the teams did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mappings.numbers import beside_bound
from plugin.pages.views.words.figures import length, percent_text
from plugin.use_cases.objectives.objective_list import Head

ASPIRED = Fraction(7, 10)
"""From here on an aspirational objective has reached what was hoped, and work counts as built."""
APART = Fraction(3, 10)
"""While a cycle runs, the work is ahead of its outcome from this much on."""
MOST_MARKS = 60
"""Of more objectives no chart is drawn, and none is named here: the rows below are paged."""


@dataclass(frozen=True, slots=True)
class ReviewedObjective:
    """One objective with the score that counts, None where there is none, and what its address has to say of the site."""

    head: Head
    score: Fraction | None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class ScatterMark:
    """One objective of the chart in SVG lengths, by its number among the rows."""

    number: int
    x: str
    y: str
    committed: bool
    text: str


@dataclass(frozen=True, slots=True)
class NumberedTitle:
    """One objective by its number and title, and what its address is made of."""

    number: int
    title: str
    name: str
    site: str | None


@dataclass(frozen=True, slots=True)
class Corner:
    """Objectives of which work and outcome stand alike; `warns` is the corner to talk about. `rows` are empty where there are too many."""

    title: str
    count: int
    rows: tuple[NumberedTitle, ...]
    warns: bool = False


@dataclass(frozen=True, slots=True)
class TeamScores:
    """How the objectives of one team ended or stand. `dots` are SVG lengths, each with whether it is a commitment."""

    name: str
    mean: str
    kept: str
    reached: str
    dots: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it. `counts` are label, figure and what stands below it."""

    sentence: str
    counts: tuple[tuple[str, str, str], ...]
    marks: tuple[ScatterMark, ...]
    corners: tuple[Corner, ...]
    teams: tuple[TeamScores, ...]


def overview(rows: Sequence[ReviewedObjective], over: bool) -> Overview | None:
    """Of the objectives of a cycle in the order of its rows, of one that is `over` or still runs; None of none."""
    if not rows:
        return None
    corners = _corners(rows, over)
    return Overview(
        sentence=_sentence(rows, next(one.count for one in corners if one.warns), over),
        counts=_counts(rows),
        marks=_marks(rows) if len(rows) <= MOST_MARKS else (),
        corners=corners,
        teams=_teams(rows),
    )


def is_reached(one: ReviewedObjective) -> bool:
    """Whether what was promised (1) or hoped (0.70) is reached."""
    wanted = ASPIRED if one.head.commitment == "aspirational" else 1
    return one.score is not None and one.score >= wanted


def _sentence(rows: Sequence[ReviewedObjective], unmoved: int, over: bool) -> str:
    committed = [one for one in rows if one.head.commitment != "aspirational"]
    hoped = [one for one in rows if one.head.commitment == "aspirational"]
    said = [
        _share(
            committed,
            "committed",
            ("was kept", "were kept") if over else ("is kept so far", "are kept so far"),
        ),
        _share(
            hoped,
            "aspirational",
            ("reached 0.70",) * 2 if over else ("has reached 0.70", "have reached 0.70"),
        ),
    ]
    text = f"{'; '.join(one for one in said if one)}."
    text = text[0].upper() + text[1:]
    if not unmoved:
        return text
    if over:
        return f"{text} {unmoved} {'was' if unmoved == 1 else 'were'} built, but {'its' if unmoved == 1 else 'their'} outcome did not follow."
    return f"{text} Of {unmoved} the work is far ahead of the outcome."


def _share(rows: Sequence[ReviewedObjective], what: str, verbs: tuple[str, str]) -> str:
    """`of 8 committed objectives 3 were kept`; empty of none."""
    if not rows:
        return ""
    done = sum(map(is_reached, rows))
    of = f"of {len(rows)} {what} {'objective' if len(rows) == 1 else 'objectives'}"
    return f"{of} {done or 'none'} {verbs[0] if done <= 1 else verbs[1]}"


def _counts(rows: Sequence[ReviewedObjective]) -> tuple[tuple[str, str, str], ...]:
    known = [one.score for one in rows if one.score is not None]
    unknown = len(rows) - len(known)
    sure = [one.head.confidence for one in rows if one.head.confidence is not None]
    return (
        ("Mean score", score_text(_mean(known)), "of those that have one"),
        ("Scored", f"{len(known)} of {len(rows)}", f"{unknown} cannot be" if unknown else "all can be"),
        ("Kept or reached", f"{sum(map(is_reached, rows))} of {len(rows)}", "promised 1.00, hoped 0.70"),
        ("With confidence", f"{len(sure)} of {len(rows)}", "somebody said how sure they are"),
    )


def _corners(rows: Sequence[ReviewedObjective], over: bool) -> tuple[Corner, ...]:
    titles = (
        ("Built, and it worked", "Built, but the outcome did not follow", "It worked with part of the work", "Neither")
        if over
        else ("Work and outcome go together", "The work is far ahead of the outcome", "The outcome is ahead of the work", "")
    )  # fmt: skip
    found: dict[str, list[NumberedTitle]] = {title: [] for title in titles if title}
    apart: list[NumberedTitle] = []
    for number, one in enumerate(rows, 1):
        named = NumberedTitle(number, one.head.title, one.head.key or one.head.id, one.site)
        done = one.head.delivery
        if one.score is None or done is None:
            apart.append(named)
            continue
        if over:
            place = (
                (0 if one.score >= ASPIRED else 1) if done >= ASPIRED else (2 if one.score >= ASPIRED else 3)
            )
        else:
            place = 1 if done - one.score > APART else 2 if one.score - done > APART else 0
        found[titles[place]].append(named)
    shown = len(rows) <= MOST_MARKS
    corners = [
        Corner(title, len(named), tuple(named) if shown else (), title == titles[1])
        for title, named in found.items()
    ]
    if apart:
        corners.append(
            Corner(
                "Not on the chart: no delivery or no score of its own",
                len(apart),
                tuple(apart) if shown else (),
            )
        )
    return tuple(corners)


def _marks(rows: Sequence[ReviewedObjective]) -> tuple[ScatterMark, ...]:
    """Those that have a place on the chart; of several in one place each stands a little beside the one before."""
    taken: dict[tuple[int, int], int] = defaultdict(int)
    found = []
    for number, one in enumerate(rows, 1):
        done = one.head.delivery
        if one.score is None or done is None:
            continue
        place = (int(done * 25), int(one.score * 14))
        beside = Fraction(45, 1000) * taken[place]
        taken[place] += 1
        text = f"{number}: {one.head.title}, score {score_text(one.score)}, delivery {percent_text(done)}"
        x = done + (beside if done + beside <= 1 else -beside)
        found.append(
            ScatterMark(
                number=number,
                x=length(x),
                y=length(1 - one.score),
                committed=one.head.commitment != "aspirational",
                text=text,
            )
        )
    return tuple(found)


def _teams(rows: Sequence[ReviewedObjective]) -> tuple[TeamScores, ...]:
    by_name: dict[str, list[ReviewedObjective]] = defaultdict(list)
    for one in rows:
        by_name[team_of(one.head)].append(one)
    return tuple(_team(name, mine) for name, mine in sorted(by_name.items()))


def team_of(head: Head) -> str:
    """The team of an objective, its project where it names none."""
    return head.team or head.project_key or "No team"


def _team(name: str, mine: Sequence[ReviewedObjective]) -> TeamScores:
    committed = [one for one in mine if one.head.commitment != "aspirational"]
    hoped = [one for one in mine if one.head.commitment == "aspirational"]
    known = sorted(
        ((one.score, one.head.commitment != "aspirational") for one in mine if one.score is not None),
    )
    return TeamScores(
        name=name,
        mean=score_text(_mean([score for score, _ in known])),
        kept=f"{sum(map(is_reached, committed))} of {len(committed)}" if committed else "—",
        reached=f"{sum(map(is_reached, hoped))} of {len(hoped)}" if hoped else "—",
        dots=tuple((length(score), promise) for score, promise in known) if len(mine) <= MOST_MARKS else (),
    )


def _mean(scores: Sequence[Fraction]) -> Fraction | None:
    return sum(scores, Fraction(0)) / len(scores) if scores else None


def score_text(value: Fraction | None) -> str:
    """`0.64`: with as many digits as it takes not to look as if it had reached what it has not."""
    return "unknown" if value is None else beside_bound(value, (Fraction(1), ASPIRED))
