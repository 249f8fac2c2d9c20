"""What changed since…: whatever was rounded, the rows of a part sum to the part as displayed, and the parts to the total."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from mappings.explain.movement import Effect, Movement, MovementPart
from mappings.numbers import percent
from plugin.pages.views.objectives.history.movement import MOST_MOVED, since_view
from plugin.use_cases.objectives.moments import MovementQuestion
from plugin.use_cases.objectives.movement import ToldMovement

NOW = datetime(2026, 11, 22, tzinfo=UTC)
EFFECTS = st.lists(
    st.tuples(st.sampled_from(MovementPart), st.fractions(-1, 1, max_denominator=997)), max_size=MOST_MOVED
)


def number(text: str) -> Decimal:
    return Decimal(0) if text == "—" else Decimal(text.replace("−", "-"))


@given(EFFECTS)
def test_rows_parts_and_total_add_up_as_displayed(effects):
    rows = tuple(
        Effect(part, str(id_), f"X-{id_}", "", None, None, effect)
        for id_, (part, effect) in enumerate(effects)
    )
    total = sum((effect for _, effect in effects), Fraction(0))
    moved = Movement(Fraction(0), total, rows)
    view = since_view(
        ToldMovement(NOW, NOW, NOW, moved), MovementQuestion(), False, lambda key: None, NOW, UTC
    )
    assert Decimal(view.total.replace("−", "-")) == percent(total, 2)  # a dash would be unknown
    parts = [number(text) for _, text in view.parts]
    assert sum(parts) == number(view.total)
    shown = {row.key: number(row.points) for row in view.rows}
    for part, whole in zip(MovementPart, parts, strict=True):
        assert sum(shown.get(row.key, Decimal(0)) for row in rows if row.part is part) == whole
    for row in rows:
        assert abs(Fraction(shown.get(row.key, Decimal(0))) - row.effect * 100) < Fraction(1, 100)


def test_where_an_end_is_unknown_no_row_has_points():
    rows = (Effect(MovementPart.ADDED, "1", "X-1", "", None, None, None),)
    view = since_view(
        ToldMovement(NOW, NOW, NOW, Movement(None, Fraction(1), rows)),
        MovementQuestion(),
        False,
        lambda key: None,
        NOW,
        UTC,
    )
    assert [row.points for row in view.rows] == ["unknown"]
    assert view.parts == ()
