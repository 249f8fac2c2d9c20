"""The invented company of the demo: what Northwind Robotics wants to achieve in the running quarter and wanted in the last one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Quarter:
    """A quarter, both ends counted."""

    id: str
    start: date
    end: date


def quarter(day: date) -> Quarter:
    """The quarter of a day."""
    number = (day.month - 1) // 3 + 1
    start = date(day.year, 3 * number - 2, 1)
    following = date(day.year + number // 4, 3 * number % 12 + 1, 1)
    return Quarter(f"{day.year}-Q{number}", start, following - timedelta(days=1))


def quarters(day: date) -> tuple[Quarter, Quarter]:
    """The quarter before that of a day, and its own."""
    running = quarter(day)
    return quarter(running.start - timedelta(days=1)), running


@dataclass(frozen=True, slots=True)
class SeedMetric:
    """A key result with numbers; `query` is a JQL to count.

    `now` is where it stands when 58 % of the running quarter are over, or at the end of the last one; None was never measured.
    """

    title: str
    start: float | None
    target: float | None
    now: float | None
    weight: float | None = None
    query: str | None = None


@dataclass(frozen=True, slots=True)
class SeedObjective:
    """An objective with its metrics and the work below it; `pace` is delivery compared with the calendar.

    `cycle` is a place in `quarters`. One without metrics is moved by its cards: the demo invites to drag them.
    """

    project: str
    cycle: int
    title: str
    metrics: tuple[SeedMetric, ...]
    work: tuple[str, ...]
    pace: float = 1.0
    initiative: int | None = None
    child_of_initiative: bool = False
    as_objective: bool = False
    perspective: str = ""
    """From which side of the balanced scorecard it looks: a label says so."""


LAST, RUNNING = 0, 1

INITIATIVES = (
    ("PLAT", "Robots that customers never have to think about"),
    ("CORE", "Be the safest arm on the factory floor"),
    ("GROW", "Win the mid-size warehouse"),
)

STEPS = (
    "Spike: {}",
    "Design {}",
    "Build {}",
    "Roll out {} behind a flag",
    "Measure {} in production",
    "Write the runbook for {}",
    "Harden {} against bad input",
)
SUBTASKS = (
    "Write tests",
    "Review with the team",
    "Update the docs",
    "Pair on the tricky part",
    "Deploy to staging",
)
BUGS = (
    "Crash when {} is empty",
    "Wrong totals in {}",
    "Timeout in {} under load",
    "{} ignores the time zone",
)

GOALS = (
    SeedObjective(
        "PLAT",
        RUNNING,
        "Customers trust our platform to be there when they need it",
        (
            SeedMetric("Raise monthly availability from 99.5 % to 99.95 %", 99.5, 99.95, 99.8, 2),
            SeedMetric("Cut mean time to recovery from 84 to 20 minutes", 84, 20, 46, 1),
            SeedMetric(
                "Bring open P1 bugs from 14 down to 3",
                14,
                3,
                9,
                1,
                "type = Bug AND priority = Highest AND statusCategory != Done",
            ),
        ),
        ("regional failover", "health checks", "alert routing", "backup restores"),
        0.95,
        0,
        True,
        perspective="customer",
    ),
    SeedObjective(
        "PLAT",
        RUNNING,
        "Any engineer ships to production on day one",
        (
            SeedMetric("Shorten the build from 22 to 8 minutes", 22, 8, 10.5),
            SeedMetric("Raise deployments per week from 18 to 60", 18, 60, 51),
            SeedMetric("New engineers with a merged change in week one: 40 % to 90 %", 40, 90, None),
        ),
        ("the build cache", "preview environments", "the service template"),
        1.15,
        0,
        perspective="learning",
    ),
    SeedObjective(
        "PLAT",
        RUNNING,
        "Fleet data is one query away",
        (
            SeedMetric("Cut the median query time from 40 to 5 seconds", 40, 5, 31, 1),
            SeedMetric("Bring tables with an owner from 35 % to 95 %", 35, 95, 48, 1),
        ),
        ("the telemetry lake", "schema registry", "column lineage", "usage reports"),
        0.5,
        0,
        perspective="process",
    ),
    SeedObjective(
        "CORE",
        RUNNING,
        "Our arm stops before anyone gets hurt",
        (
            SeedMetric("Cut the stop distance from 120 to 60 mm", 120, 60, 78, 3),
            SeedMetric("Keep false stops per shift below: from 9 to 2", 9, 2, 4, 1),
            SeedMetric("Pass 40 of 40 certification cases", 12, 40, 31, 2),
        ),
        ("proximity sensing", "the safety controller", "brake calibration", "audit logging"),
        1.0,
        1,
        True,
        perspective="customer",
    ),
    SeedObjective(
        "CORE",
        RUNNING,
        "Operators teach a new task in one coffee break",
        (
            SeedMetric("Cut the median teach-in time from 95 to 15 minutes", 95, 15, 70),
            SeedMetric("Raise first-time success of taught tasks from 52 % to 85 %", 52, 85, 50),
        ),
        ("hand guiding", "the task editor", "demonstration replay"),
        0.35,
        1,
        perspective="customer",
    ),
    SeedObjective(
        "CORE",
        RUNNING,
        "The gripper picks what it has never seen",
        (
            SeedMetric("Raise pick success on unseen items from 71 % to 92 %", 71, 92, 84.5, 2),
            SeedMetric("Cut perception latency from 240 to 90 ms", 240, 90, 150, 1),
            SeedMetric("Label 5,000 new scenes", 0, 5000, 3400),
        ),
        ("grasp planning", "scene segmentation", "the training pipeline", "edge inference"),
        0.9,
        2,
        True,
        perspective="learning",
    ),
    SeedObjective(
        "GROW",
        RUNNING,
        "Mid-size warehouses buy without a sales call",
        (
            SeedMetric("Raise self-serve trials per month from 30 to 120", 30, 120, 74, 1),
            SeedMetric("Raise trial-to-paid conversion from 4 % to 9 %", 4, 9, 5.1, 2),
        ),
        ("the pricing page", "guided onboarding", "in-app checkout", "trial emails"),
        0.75,
        2,
        True,
        perspective="finance",
    ),
    SeedObjective(
        "GROW",
        RUNNING,
        "New customers reach first value within a week",
        (
            SeedMetric("Cut onboarding from 19 to 7 days", 19, 7, 11),
            SeedMetric("Raise week-four retention from 61 % to 75 %", 61, 75, None),
            SeedMetric("Raise NPS of new customers from 22 to 40", 22, None, 27),
        ),
        ("the setup wizard", "site surveys", "the customer academy"),
        0.85,
        2,
        perspective="customer",
    ),
    SeedObjective(
        "PLAT",
        LAST,
        "Incidents teach us something every time",
        (
            SeedMetric("Reviews held within five days: 45 % to 100 %", 45, 100, 96),
            SeedMetric("Repeat incidents per month from 6 to 1", 6, 1, 2),
        ),
        ("incident timelines", "the review template", "action tracking"),
        1.1,
        perspective="learning",
    ),
    SeedObjective(
        "CORE",
        LAST,
        "Firmware updates nobody notices",
        (
            SeedMetric("Cut update downtime from 14 to 2 minutes", 14, 2, 2),
            SeedMetric("Raise updates without a rollback from 88 % to 99 %", 88, 99, 97.5),
        ),
        ("delta updates", "staged rollout", "automatic rollback"),
        1.2,
        1,
        perspective="customer",
    ),
    SeedObjective(
        "GROW",
        LAST,
        "The website tells one story",
        (
            SeedMetric("Raise visits to the product pages from 11,000 to 20,000", 11000, 20000, 16200),
            SeedMetric("Cut the bounce rate from 68 % to 45 %", 68, 45, 66),
        ),
        ("the case studies", "the new home page", "search landing pages"),
        0.8,
        perspective="customer",
    ),
    SeedObjective(
        "CORE",
        LAST,
        "Spare parts are never the reason for a stop",
        (
            SeedMetric("Raise parts delivered in 24 hours from 60 % to 95 %", 60, 95, 95.5),
            SeedMetric("Cut emergency shipments per month from 31 to 8", 31, 8, 12),
        ),
        ("parts forecasting", "the depot network"),
        1.0,
        perspective="process",
    ),
    SeedObjective(
        "GROW",
        RUNNING,
        "Partners install our robots without us",
        (
            SeedMetric("Certify 12 partners", 0, 12, 5),
            SeedMetric("Raise partner-led installations from 10 % to 35 %", 10, 35, 18),
        ),
        ("the partner portal", "certification exams"),
        0.7,
        as_objective=True,
        perspective="process",
    ),
    # Without metrics: their number is the work below them, so that a card moved to Done moves it at once.
    SeedObjective(
        "PLAT",
        RUNNING,
        "Nobody fears the billing migration any more",
        (),
        ("the ledger import", "the invoice archive", "the tax rules", "the payment gateway"),
        0.9,
        perspective="finance",
    ),
    SeedObjective(
        "CORE",
        RUNNING,
        "Every robot leaves the factory with its papers",
        (),
        ("the test protocol", "the parts passport", "the export licence"),
        1.1,
        perspective="process",
    ),
    SeedObjective(
        "GROW",
        RUNNING,
        "The spring trade fair sells for us",
        (),
        ("the demo cell", "the fair website", "the follow-up mails"),
        0.6,
        perspective="finance",
    ),
)


@dataclass(frozen=True, slots=True)
class Extras:
    """Work outside any objective: bugs by priority, for the key figures."""

    bug_places: tuple[str, ...] = field(
        default=("the fleet map", "the invoice export", "the joystick", "the login page", "the event log")
    )
    bugs_per_project: int = 8


EXTRAS = Extras()
