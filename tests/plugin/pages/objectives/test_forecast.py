"""The section of an objective's page that says whether it will be reached."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from fractions import Fraction

from docs.screenshots.company import NOW, Company, seeded
from mappings.forecast.answer import DeliveryWork, Forecast, Lack, Need, Week
from mappings.forecast.delivery import forecast
from mappings.forecast.objective import KeyResultForecast, ObjectiveForecast
from plugin.pages.views.objectives.forecast import forecast_view

TODAY, LAST = date(2026, 11, 2), date(2026, 11, 18)
WEEKS = tuple(
    Week(day, done, 0)
    for day, done in (
        (date(2026, 10, 26), 1),
        (date(2026, 10, 19), 2),
        (date(2026, 10, 12), 0),
        (date(2026, 10, 5), 3),
    )
)
OPEN = forecast(DeliveryWork(TODAY, LAST, 10, 7, Fraction(1), WEEKS, undated=1))
LACKING = Forecast(lacks=(Lack(Need.READINGS, 2, 5),))
REACHED = Forecast(Fraction(1), reached=True)


def objective(*answers: Forecast, reason: str = "") -> ObjectiveForecast:
    rows = tuple(
        KeyResultForecast(str(place), f"PLAT-{place}", f"Title {place}", "delivery", True, answer)
        for place, answer in enumerate(answers, start=1)
    )
    return ObjectiveForecast("1", TODAY, "2026-Q4", LAST, rows, reason)


def test_the_answer_names_what_decides_and_how_many_were_forecast() -> None:
    view = forecast_view(objective(REACHED, OPEN, LACKING))
    assert (view.word, view.chance, view.last) == ("Open", "at most 61\u202f%", "18 Nov 2026")
    assert view.deciding is view.rows[1]
    assert view.share == "2 of 3 forecast"
    assert [(row.word, row.chance) for row in view.rows] == [
        ("Reached", ""),
        ("Open", "61\u202f%"),
        ("No forecast", ""),
    ]
    assert view.rows[2].why == "Not enough data: 3 days with a reading are missing (2 of 5)."


def test_the_weeks_stand_oldest_first_as_tall_as_what_was_finished() -> None:
    row = forecast_view(objective(OPEN)).rows[0]
    assert [(bar.x, bar.height) for bar in row.weeks] == [(0, "24.0"), (10, "0.0"), (20, "16.0"), (30, "8.0")]
    assert row.weeks[3].said == "Week from 26 Oct: 1 finished, 0 added"
    assert row.facts == ("7 of 10 items finished, 10 are wanted", "17 days left")
    assert row.by == ("50\u202f%: 15 Nov 2026", "85\u202f%: 29 Nov 2026")
    assert len(row.notes) == 1


def test_nothing_to_say_is_said() -> None:
    view = forecast_view(objective(reason="its cycle ended on 2026-12-31"))
    assert (view.word, view.chance, view.rows) == ("No forecast", "", ())
    assert view.why == "Its cycle ended on 2026-12-31."


def test_all_reached_is_reached() -> None:
    view = forecast_view(objective(REACHED, REACHED))
    assert (view.word, view.share, view.deciding) == ("Reached", "", None)


def test_the_page_shows_it(client) -> None:
    text = client.get("/objectives/GROW-4").get_data(as_text=True)
    section = text.split('id="forecast"')[1].split("</section>")[0]
    assert "Will we make it?" in section
    words = re.findall(r'<span class="badge is-\w+"><svg.*?</svg>(\w[\w ]+)</span>', section, re.DOTALL)
    assert set(words) <= {"Likely", "Open", "Unlikely", "Reached", "No forecast"}
    assert words
    assert 'href="#kr-1"' in section


def test_the_list_shows_what_was_kept_last(client) -> None:
    text = client.get("/").get_data(as_text=True)
    cells = re.findall(r'<td class="c-forecast num">(.*?)</td>', text, re.DOTALL)
    assert len(cells) == 9
    assert sum("Reached" in cell for cell in cells) == 1
    assert sum("No forecast" in cell for cell in cells) == 1


class Later(Company):
    """The same company when its cycle is over."""

    def now(self) -> datetime:
        return NOW + timedelta(days=60)


def test_the_review_of_an_ended_cycle_says_how_good_the_forecasts_were(client, client_for) -> None:
    kept = seeded()
    later = Later(**{name: getattr(kept, name) for name in Company.__dataclass_fields__})
    text = client_for(later).get("/review").get_data(as_text=True)
    plain = re.sub(r"<[^>]+>", "", text)
    assert "Of what was called likely, 88\u202f% on average, 78\u202f% came true" in plain
    assert "312 forecasts of 9 key results" in plain
    assert "How good the forecasts were" not in client.get("/review").get_data(as_text=True)
