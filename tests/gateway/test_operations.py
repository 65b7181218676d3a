"""What operators see: figures that equal what was done, and no secret anywhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from support.faulty import FaultyServer, answers, fails, sends
from support.gateway import Gateway
from support.server import ServerRun, asking
from support.upstream import completion_stream

ASK = {"model": "default", "messages": [{"role": "user", "content": "Say yes."}]}
KEY = "Qz7canary0123456789abcdefX"
"""Of no known shape: no pattern finds it, so it must not get anywhere in the first place."""
SAID = "Qz8-what-the-user-asked-about"


async def figures(gateway: Gateway) -> dict[tuple[str, str], float]:
    """Samples of the gateway's questions by name, and the label that is beside who answered."""
    response = await gateway.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    found: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            labels = dict(sample.labels)
            if labels.pop("feature", "") == "gateway" and labels.pop("provider") == "scripted":
                assert labels.pop("model") == "scripted-model"
                found[sample.name, ",".join(labels.values())] = sample.value
    return found


async def test_the_counts_equal_what_was_done(gateway: Gateway) -> None:
    gateway.upstream.will_say("yes, of course", "yes, of course")
    for path, more in (("/v1/chat/completions", {}), ("/v1/messages", {"max_tokens": 5}), ("/api/completions", {})):
        assert (await gateway.post(path, {**ASK, **more})).status_code == 200
    kept = {**ASK, "temperature": 0}
    for _ in range(2):
        assert (await gateway.post("/v1/chat/completions", kept)).status_code == 200
    gateway.upstream.will_fail(422, "{}")
    gateway.upstream.will_fail(422, "{}")
    assert (await gateway.post("/v1/chat/completions", {**ASK, "max_tokens": 6})).status_code in (200, 400)
    assert (await gateway.post("/v1/chat/completions", {**ASK, "max_tokens": 7})).status_code == 400
    assert (await gateway.post("/v1/chat/completions", {"messages": []})).status_code == 400
    found = await figures(gateway)
    asked = len(gateway.upstream.exchanges)
    failed = found["picode_errors_total", "BadRequest"]
    assert found["picode_requests_total", ""] == asked
    assert found["picode_completions_total", ""] == asked - failed
    assert found["picode_cache_lookups_total", "disk"] == 1
    assert found["picode_cache_lookups_total", "none"] == asked
    assert found["picode_completion_duration_seconds_count", ""] == asked - failed
    assert found["picode_tokens_total", "output"] > 0


async def test_each_request_has_an_id_and_a_client_s_own_is_taken_where_it_is_plain(gateway: Gateway) -> None:
    gateway.upstream.will_say("yes")
    mine = await gateway.post("/v1/chat/completions", ASK, x_request_id="ada-42")
    assert mine.headers["x-request-id"] == mine.headers["request-id"] == "ada-42"
    odd = await gateway.post("/v1/chat/completions", ASK, x_request_id="a;b c")
    assert re.fullmatch(r"[0-9a-f]{32}", odd.headers["x-request-id"])


async def test_no_secret_is_in_logs_errors_metrics_or_what_is_kept(tmp_path: Path) -> None:
    script = (
        answers("yes"),
        fails(401, json.dumps({"error": {"message": f"wrong key {KEY}"}})),
        fails(400, json.dumps({"error": {"message": f"{KEY} is not welcome"}})),
        sends(b"".join(completion_stream("half")[:-2]) + f'data: {{"error": {{"message": "{KEY}"}}}}\n\n'.encode()),
        answers("yes"),
    )
    async with FaultyServer(*script) as upstream:
        settings = asking(upstream.base_url, log={"level": "debug"})
        settings["providers"]["upstream"]["keyEnv"] = "CANARY_KEY"
        run = ServerRun(tmp_path, settings, "--port", "0", CANARY_KEY=KEY, PICODE_STATE_DIR=str(tmp_path / "state"))
        async with run as server:
            told = []
            for number in range(5):
                body = {"model": "default", "prompt": f"{SAID} {number} = ", "temperature": 0}
                for headers in ({}, {"authorization": "Bearer wrong"}):
                    answer = await server.client.post(f"/v1/completions?secret={SAID}", json=body, headers=headers)
                    told += [answer.text, *answer.headers.values()]
            assert (await server.client.get("/healthz", headers={"x-request-id": "ada-42"})).status_code == 200
            told.append((await server.client.get("/metrics")).text)
            assert KEY.encode() in b"".join(upstream.requests), "the key was used"
            server.terminate()
            assert await server.exited() == 0
        log = "".join(server.log)
    assert "/v1/completions" in log
    assert any("ada-42" in line and "/healthz" in line for line in server.log)
    places = {"what was told": "".join(told), "the log": log}
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.name != "gateway-tokens.json":
            places[file.name] = file.read_bytes().decode("latin-1")
    assert len(places) > 3
    token = server.token
    found = [name for name, text in places.items() if KEY in text or token in text or SAID in text]
    assert found == []
