"""What Prometheus is told: figures by platform and kind, never what or who."""

from prometheus_client.exposition import generate_latest

from bot.metrics import Metrics


def lines(metrics: Metrics) -> list[str]:
    text = generate_latest(metrics.registry).decode()
    return [line for line in text.splitlines() if line.startswith("kurage_")]


def test_what_happens_is_counted_by_platform() -> None:
    metrics = Metrics()
    metrics.received("slack", "answer")
    metrics.received("slack", "answer")
    metrics.finished("slack", "answered", 0.03)
    metrics.call("discord", "POST messages", "limited")
    told = lines(metrics)
    assert 'kurage_received_total{platform="slack",task="answer"} 2.0' in told
    assert 'kurage_finished_total{platform="slack",state="answered"} 1.0' in told
    assert 'kurage_answer_seconds_bucket{le="0.02",platform="slack"} 0.0' in told
    assert 'kurage_answer_seconds_bucket{le="0.05",platform="slack"} 1.0' in told
    limited = 'method="POST messages",outcome="limited",platform="discord"'
    assert f"kurage_platform_calls_total{{{limited}}} 1.0" in told


def test_a_part_that_fails_is_0_and_not_absent() -> None:
    """An alarm on 0 does not fire on what is missing."""
    metrics = Metrics()
    metrics.up("index", works=False)
    metrics.waiting(3)
    metrics.open_turns(5)
    told = lines(metrics)
    assert 'kurage_up{part="index"} 0.0' in told
    assert "kurage_waiting 3.0" in told
    assert "kurage_open_turns 5.0" in told


def test_a_failed_job_keeps_the_time_of_its_last_success() -> None:
    """Whoever is alarmed by an old time learns of a sync that fails again and again."""
    metrics = Metrics()
    name = 'kurage_job_success_timestamp_seconds{job="handbook"}'
    metrics.job("handbook", succeeded=False)
    assert not [line for line in lines(metrics) if line.startswith(name)]
    metrics.job("handbook", succeeded=True)
    [first] = [line for line in lines(metrics) if line.startswith(name)]
    metrics.job("handbook", succeeded=False)
    assert first in lines(metrics)
    assert 'kurage_jobs_total{job="handbook",outcome="failed"} 2.0' in lines(metrics)


def test_two_processes_in_one_count_apart() -> None:
    """Each has a registry of its own; the version is told by both."""
    one, other = Metrics(), Metrics()
    one.received("slack", "answer")
    assert not [line for line in lines(other) if "kurage_received_total{" in line]
    assert [line for line in lines(other) if line.startswith("kurage_build_info{version=")]
