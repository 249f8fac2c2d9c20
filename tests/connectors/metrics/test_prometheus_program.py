"""The source `prometheus` against the real program, where it is installed (Debian: apt-get install prometheus), with samples of a Monday."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.metrics import readings
from connectors.metrics.basis.connections import AllowedHosts
from connectors.metrics.basis.source import Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.sources import PrometheusOptions, RangePart
from plugin.runtime.serving.listening_address import free_port

PROGRAM, TOOL = shutil.which("prometheus"), shutil.which("promtool")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        PROGRAM is None or TOOL is None,
        reason="prometheus and promtool are not installed: apt-get install prometheus",
    ),
]
MONDAY = Period(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
NOW = datetime(2024, 1, 2, 0, 1, tzinfo=UTC)
MIDNIGHT = int(MONDAY.start.timestamp())
HOUR = 3600


def samples() -> str:
    """The uptime of a registration, each hour from 50 to 73 on that Monday, of two instances; and something that is no number."""
    lines = ["# TYPE uptime gauge"]
    for instance, add in (("a", 0), ("b", 100)):
        lines += [
            f'uptime{{instance="{instance}"}} {50 + add + n} {MIDNIGHT + n * HOUR}' for n in range(-1, 25)
        ]
    lines.append("# TYPE broken gauge")
    lines.append(f"broken NaN {MIDNIGHT + 24 * HOUR - 60}")
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    (folder / "samples.txt").write_text(samples())
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    made = [
        str(TOOL),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(folder / "samples.txt"),
        str(folder / "data"),
    ]
    subprocess.run(made, check=True, capture_output=True)
    address = f"127.0.0.1:{free_port('127.0.0.1', 0, 'a port')}"
    program = subprocess.Popen(
        [
            str(PROGRAM),
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address={address}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                if requests.get(f"http://{address}/-/ready", timeout=5).status_code == 200:
                    break
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        yield f"http://{address}"
    finally:
        program.terminate()
        program.wait(30)


def asked(url: str, query: str, aggregate: str = "last", **more: Any) -> Fraction | str | None:
    """The value, or why there is none."""
    reach = Reach(lambda _at: (), lambda _jql: None, UTC, outside=AllowedHosts((url,)), aggregate=aggregate)  # type: ignore[arg-type, return-value]
    options = PrometheusOptions(kind="prometheus", url=url, query=query, **more)
    found = readings(options, MONDAY, reach, lambda: NOW)
    if isinstance(found, SourceFailure):
        return f"{found.kind}: {found.reason}"
    return found[0].value


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (
            'uptime{instance="a"}',
            "no_data: the query gives no series",
        ),  # the last sample is an hour old: stale
        ('last_over_time(uptime{instance="a"}[2h])', Fraction(73)),
        ('avg_over_time(uptime{instance="a"}[1d])', Fraction(123, 2)),
        ("sum(last_over_time(uptime[2h]))", Fraction(246)),
        ("scalar(sum(last_over_time(uptime[2h])))", Fraction(246)),
        ("last_over_time(uptime[2h])", "ambiguous: the query gives 2 series"),
        ("broken", "no_data: the query gives NaN, which is no finite number"),
        ("vector(1) / 0", "no_data: the query gives +Inf, which is no finite number"),
        ('"a word"', "no_data: the query gives a string, no number"),
        ("no_such_thing", "no_data: the query gives no series"),
        ("time()", Fraction(1704153599999, 1000)),
    ],
)
def test_a_query_is_asked_for_the_last_millisecond_of_the_day(url: str, query: str, value: object) -> None:
    assert asked(url, query) == value


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [("last", 73), ("min", 50), ("max", 73), ("sum", 1476), ("mean", Fraction(123, 2))],
)
def test_the_samples_of_a_range_are_those_of_the_day(url: str, aggregate: str, value: object) -> None:
    assert asked(url, 'uptime{instance="a"}', aggregate, range=RangePart(step="1h")) == value


def test_what_it_refuses_is_told_in_its_words(url: str) -> None:
    said = asked(url, "sum(")
    assert isinstance(said, str)
    assert said.startswith("refused: Prometheus answers 400: ")
    assert "parse error" in said
