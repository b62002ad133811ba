"""What Prometheus is told. Knows nothing of how it is served."""

from __future__ import annotations

import time
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)

_SECONDS = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counters of one process; no label holds what somebody wrote, nor who wrote it."""

    def __init__(self) -> None:
        # One line more for each counter, which no panel needs.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._received = Counter(
            "kurage_received",
            "Messages, commands and buttons that were stored",
            ("platform", "task"),
            registry=self.registry,
        )
        self._finished = Counter(
            "kurage_finished",
            "Turns that ended in a visible state",
            ("platform", "state"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kurage_answer_seconds",
            "From the moment a question was received until its answer was visible",
            ("platform",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._quoted = Counter(
            "kurage_quoted_instead",
            "Answers that quote because no model could be reached",
            ("platform",),
            registry=self.registry,
        )
        self._waiting = Gauge(
            "kurage_waiting", "Questions that wait for their turn", registry=self.registry
        )
        self._calls = Counter(
            "kurage_platform_calls",
            "Calls of a platform's API",
            ("platform", "method", "outcome"),
            registry=self.registry,
        )
        self._up = Gauge(
            "kurage_up", "Whether a part works: 1 or 0", ("part",), registry=self.registry
        )
        self._open = Gauge(
            "kurage_open_turns", "Turns without a visible end yet", registry=self.registry
        )
        self._jobs = Counter(
            "kurage_jobs", "Scheduled jobs that ended", ("job", "outcome"), registry=self.registry
        )
        self._succeeded = Gauge(
            "kurage_job_success_timestamp_seconds",
            "When a scheduled job last succeeded (Unix time)",
            ("job",),
            registry=self.registry,
        )
        Info("kurage_build", "The version that runs", registry=self.registry).info(
            {"version": version("kurage-bot")}
        )
        # Memory, processor time and open files, under the names that everybody's panels use.
        ProcessCollector(registry=self.registry)

    def received(self, platform: str, task: str) -> None:
        """Count something that was stored."""
        self._received.labels(platform, task).inc()

    def finished(self, platform: str, state: str, seconds: float) -> None:
        """Count a turn that ended, `seconds` after it was received."""
        self._finished.labels(platform, state).inc()
        self._seconds.labels(platform).observe(seconds)

    def quoted_instead(self, platform: str) -> None:
        """Count an answer that a model should have written."""
        self._quoted.labels(platform).inc()

    def waiting(self, count: int) -> None:
        """Note how many questions wait now."""
        self._waiting.set(count)

    def call(self, platform: str, method: str, outcome: str) -> None:
        """Count a call of a platform's API: `ok`, `limited`, or what went wrong in one word."""
        self._calls.labels(platform, method, outcome).inc()

    def up(self, part: str, *, works: bool) -> None:
        """Note whether a part works: `database`, `index`, or a platform."""
        self._up.labels(part).set(works)

    def open_turns(self, count: int) -> None:
        """Note how many turns are without a visible end."""
        self._open.set(count)

    def job(self, name: str, *, succeeded: bool) -> None:
        """Count a run of a scheduled job that ended now."""
        self._jobs.labels(name, "succeeded" if succeeded else "failed").inc()
        if succeeded:
            self._succeeded.labels(name).set(time.time())
