"""Metrics: their labels, and several processes that count as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE

from picode.assistant.usage.events import Attempt, BreakerChanged, CallEnded, LookupDone
from picode.core.messages import Usage
from picode.io.metrics import Metrics, process_ended, share, tidy
from support.figures import Exposed


def answered(model: str = "m", provider: str = "p", feature: str = "inline") -> CallEnded:
    each = Attempt(provider, model, 1.0, 1.5, first_word=1.2, usage=Usage(10, 5))
    return CallEnded(feature, "", 1.0, 1.5, [each], each)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("Qwen/Qwen2.5-Coder-7B", "Qwen/Qwen2.5-Coder-7B"),
        ("qwen2.5-coder:1.5b", "qwen2.5-coder:1.5b"),
        ("/home/ada/models/code.gguf", "code.gguf"),
        (r"C:\Users\Ada\code.gguf", "code.gguf"),
        ("~/models/code.gguf", "code.gguf"),
        ('a"b\nc{d}', "a_b_c_d_"),
        ("ключ", "_"),
        ("x" * 500, "x" * 80),
        ("sk-proj-abcdef0123456789", "key"),
        ("", ""),
    ],
)
def test_names_become_labels(name: str, label: str) -> None:
    assert tidy(name) == label


def test_there_are_only_so_many_sets_of_labels_and_no_count_is_lost() -> None:
    metrics = Metrics(most_labels=10)
    for number in range(50):
        metrics.record(answered(f"model-{number}"))
        metrics.record(LookupDone("p", f"model-{number}", "inline", "none"))
        metrics.record(BreakerChanged("p", f"model-{number}", is_open=True))
    found = Exposed(metrics.render())
    assert found.of("picode_completions_total") == 50
    assert found.of("picode_completions_total", model="other") == 45  # the breakers have taken the other 5
    assert len(found.by("picode_cache_lookups_total", "model")) <= 11


def test_times_are_those_of_the_event() -> None:
    metrics = Metrics()
    metrics.record(answered())
    found = Exposed(metrics.render())
    assert found.of("picode_completion_duration_seconds_sum") == pytest.approx(0.5)
    assert found.of("picode_time_to_first_token_seconds_sum") == pytest.approx(0.2)
    assert found.of("picode_completion_duration_seconds_bucket", le="0.4") == 0
    assert found.of("picode_completion_duration_seconds_bucket", le="0.8") == 1


def test_what_nobody_waited_for_is_a_request_and_no_completion() -> None:
    metrics = Metrics()
    metrics.record(CallEnded("inline", "", 1.0, 2.0, [Attempt("p", "m", 1.0, 2.0)]))
    found = Exposed(metrics.render())
    assert (found.of("picode_requests_total"), found.of("picode_completions_total")) == (1, 0)


def test_the_type_of_the_content_is_what_prometheus_reads() -> None:
    assert CONTENT_TYPE.startswith("text/plain; version=")
    assert Metrics().content_type == CONTENT_TYPE


_WORKER = """
import sys
from picode.assistant.usage.events import Attempt, BreakerChanged, CallEnded
from picode.io.metrics import Metrics
metrics = Metrics()
each = Attempt("p", "m", 1.0, 1.5)
for _ in range(int(sys.argv[1])):
    metrics.record(CallEnded("inline", "", 1.0, 1.5, [each], each))
metrics.record(BreakerChanged("p", "m", is_open=sys.argv[2] == "open"))
print(metrics.render().decode())
sys.stdin.readline()
"""


def test_processes_that_share_a_folder_count_as_one(tmp_path: Path) -> None:
    (tmp_path / "counter_1.db").write_bytes(b"of an earlier start")
    environ = {**os.environ, **share(tmp_path)}
    assert not list(tmp_path.iterdir())

    def work(times: int, breaker: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _WORKER, str(times), breaker]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True)

    first = work(3, "open")
    second = None
    try:
        told = iter(first.stdout.readline, "")  # type: ignore[union-attr]
        assert any(line.startswith("picode_breaker_open") for line in told)
        second = work(4, "closed")
        assert second.stdout is not None
        lines = []
        while not (lines and lines[-1] == "\n"):
            lines.append(second.stdout.readline())
            assert lines[-1], "the worker has failed"
        both = Exposed("".join(lines).encode())
        assert both.of("picode_completions_total") == both.of("picode_completion_duration_seconds_count") == 7
        assert both.of("picode_breaker_open", provider="p") == 1
        first.communicate("\n")
        process_ended(tmp_path, first.pid)
        third = work(0, "closed")
        text, _ = third.communicate("\n")
        rest = Exposed(text.encode())
        assert rest.of("picode_completions_total") == 7, "what a worker counted stays"
        assert rest.of("picode_breaker_open") == 0, "its breaker does not"
    finally:
        for process in filter(None, (first, second)):
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                stream.close()  # type: ignore[union-attr]
