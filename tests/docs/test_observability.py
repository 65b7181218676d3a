"""What operators are given: each metric that a dashboard or an alert asks for is there, with the labels that it is asked by."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from picode.assistant.usage.events import Attempt, BreakerChanged, CallEnded, LookupDone, SuggestionOutcome
from picode.core.errors import ServerFailure
from picode.core.messages import Usage
from picode.io.metrics import Metrics
from picode.settings.model import Settings
from support.figures import Exposed

DOCS = Path(__file__).parent.parent.parent / "docs"
FOLDER = DOCS / "observability"


@pytest.fixture(scope="module")
def labels() -> dict[str, set[str]]:
    """The labels of every metric, by the names of its samples."""
    metrics = Metrics()
    failed = Attempt("p", "m", 0.0, 1.0, error=ServerFailure("P", "fails."))
    answered = Attempt("p", "m", 1.0, 2.0, 1.5, again=True, usage=Usage(3, 2, 1), cost=0.1)
    metrics.record(CallEnded("inline", "", 0.0, 2.0, [failed, answered], answered, detour=True))
    metrics.record(LookupDone("p", "m", "inline", "disk"))
    metrics.record(BreakerChanged("p", "m", is_open=True))
    metrics.record(SuggestionOutcome("python", "p", "m", "shown"))
    found: dict[str, set[str]] = {}
    for sample in Exposed(metrics.render()).samples:
        found.setdefault(sample.name, set()).update(sample.labels)
    return found


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / "grafana-dashboard.json").read_text(encoding="utf-8"))
    return loaded


def expressions() -> Iterator[tuple[str, str]]:
    """What is asked of Prometheus, and where."""
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for rule in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]:
        yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_every_metric_that_is_asked_for_is_there(where: str, expression: str, labels: dict[str, set[str]]) -> None:
    names = re.findall(r"\b(?:picode_\w+|up)\b", expression)
    assert names
    for name, selector in re.findall(r"\b(picode_\w+)(?:\{(.*?)\})?", expression):
        assert name in labels, f"{where} asks for {name}"
        assert set(re.findall(r"(\w+)\s*=", selector)) <= labels[name], f"{where} asks {name} for labels that it lacks"
    by = {label.strip() for group in re.findall(r"by \((.*?)\)", expression) for label in group.split(",")}
    known = set.union(*(labels[name] for name in names if name in labels)) if names != ["up"] else set()
    assert by <= known


def test_every_metric_is_on_the_dashboard_and_in_the_documentation(labels: dict[str, set[str]]) -> None:
    drawn = " ".join(expression for _, expression in expressions())
    page = (DOCS / "observability.md").read_text("utf-8")
    for name in labels:
        plain = re.sub(r"_(?:bucket|sum|count)$", "", name)
        if not name.endswith("_created"):
            assert plain in drawn, name
            assert plain in page, name


def test_the_variables_of_the_dashboard_are_labels(labels: dict[str, set[str]]) -> None:
    variables = dashboard()["templating"]["list"]
    assert [each["name"] for each in variables] == ["datasource", "provider", "model", "feature"]
    for each in variables[1:]:
        name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", each["query"]["query"]).groups()  # type: ignore[union-attr]
        assert label in labels[name]


def test_panels_do_not_overlap_and_have_numbers_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells


def test_prometheus_reads_the_gateway_where_it_listens() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (job,) = config["scrape_configs"]
    gateway = Settings().gateway
    assert job["static_configs"] == [{"targets": [f"{gateway.host}:{gateway.port}"]}]
    assert (job["metrics_path"], job["authorization"]["type"]) == ("/metrics", "Bearer")


def test_what_is_mounted_into_containers_is_there_and_nothing_is_open_to_the_network() -> None:
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    mounted = {}
    for service in compose["services"].values():
        assert ":" in service["image"], "a version is named"
        assert "ports" not in service
        for volume in service["volumes"]:
            source, target = volume.split(":")[:2]
            if source.startswith("./"):
                assert volume.endswith(":ro")
                mounted[target] = source.removeprefix("./")
            else:
                assert source in compose["volumes"]
    missing = {source for source in mounted.values() if not (FOLDER / source).exists()}
    assert missing == {"picode-token"}, "that one is the user's to make"
    assert {file.name for file in FOLDER.iterdir()} <= {*mounted.values(), "compose.yaml"}
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    named = [*config["rule_files"], config["scrape_configs"][0]["authorization"]["credentials_file"]]
    assert all(name in mounted for name in named)
    text = (FOLDER / "compose.yaml").read_text()
    assert "--web.listen-address=127.0.0.1:9090" in text
    assert "GF_SERVER_HTTP_ADDR: 127.0.0.1" in text
    assert yaml.safe_load((FOLDER / "grafana-datasource.yaml").read_text())["datasources"][0]["url"].endswith(":9090")
    provided = yaml.safe_load((FOLDER / "grafana-dashboards.yaml").read_text())["providers"][0]["options"]["path"]
    assert f"{provided}/picode.json" in mounted


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with Prometheus")
def test_prometheus_s_own_tool_takes_the_rules_and_the_metrics() -> None:
    done = subprocess.run(
        ["promtool", "check", "rules", FOLDER / "alerts.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    metrics = Metrics()
    each = Attempt("p", "m", 0.0, 1.0, 0.5, usage=Usage(3, 2, 1), cost=0.1)
    metrics.record(CallEnded("inline", "", 0.0, 1.0, [each], each))
    checked = subprocess.run(["promtool", "check", "metrics"], input=metrics.render(), capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
