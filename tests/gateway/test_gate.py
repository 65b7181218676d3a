"""Who is served and who is not. Row 56 of the matrix of faults, over every operation that the API has."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

import httpx2
import pytest

from picode.core.rate import Rate, admit
from picode.gateway.app import openapi
from picode.gateway.gate import OPEN
from picode.io.gateway_tokens import GatewayTokens
from support.gateway import Gateway, new_client, running

ASK = {"messages": [{"role": "user", "content": "Say yes."}], "max_tokens": 5}
CONTENTS = {"contents": [{"parts": [{"text": "Say yes."}]}]}
BODIES: dict[str, Any] = {
    "/v1/completions": {"prompt": "x"},
    "/v1/responses": {"input": "x"},
    "/v1/embeddings": {"model": "default", "input": "x"},
    "/infill": {"input_prefix": "x"},
    "/api/chat": {"model": "default", "messages": ASK["messages"]},
    "/api/generate": {"model": "default", "prompt": "x"},
    "/api/show": {"model": "default"},
    "/api/embed": {"model": "default", "input": "x"},
    **{
        f"/{version}/models/default:{verb}": CONTENTS
        for version in ("v1", "v1beta")
        for verb in ("generateContent", "streamGenerateContent", "countTokens")
    },
}
UNKNOWN = "resp_unknown"
"""A response that nobody has asked for."""

REACHED = {f"/v1/responses/{UNKNOWN}": 404, "/v1/embeddings": 400, "/api/embed": 400}
"""Statuses of what is let in and finds nothing: no such response, no model that embeds."""

OPERATIONS = [
    (method.upper(), path.replace("{name}", "default").replace("{identifier}", UNKNOWN))
    for path, operations in openapi()["paths"].items()
    for method in operations
]


async def send(gateway: Gateway, method: str, path: str, **changes: Any) -> httpx2.Response:
    """A request that would be served, but for `changes`: of headers (None takes one away), or of the body."""
    content = json.dumps(BODIES.get(path, ASK)).encode() if method == "POST" else None
    headers = {"authorization": f"Bearer {gateway.token}"} | ({"content-type": "application/json"} if content else {})
    content = changes.pop("content", content)
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    async with new_client(gateway.url) as stranger:
        present = {name: value for name, value in headers.items() if value is not None}
        return await stranger.request(method, path, content=content, headers=present)


ATTACKS: dict[str, tuple[dict[str, Any], int]] = {
    "foreign host": ({"host": "evil.example"}, 403),
    "rebound host": ({"host": "evil.example:7426"}, 403),
    "host with a user": ({"host": "127.0.0.1@evil.example"}, 403),
    "similar host": ({"host": "127.0.0.1.evil.example"}, 403),
    "foreign origin": ({"origin": "https://evil.example"}, 403),
    "null origin": ({"origin": "null"}, 403),
    "origin of this machine": ({"origin": "http://localhost:3000"}, 403),
    "no token": ({"authorization": None}, 401),
    "wrong token": ({"authorization": "Bearer picode-wrong-token-of-some-length"}, 401),
    "another scheme": ({"authorization": "Basic cGljb2RlOng="}, 401),
    "empty token": ({"authorization": "Bearer"}, 401),
    "wrong key": ({"authorization": None, "x_api_key": "picode-wrong"}, 401),
    "wrong key of Google's": ({"authorization": None, "x_goog_api_key": "picode-wrong"}, 401),
}
PLAIN = {
    "text/plain": ({"content_type": "text/plain"}, 415),
    "a form": ({"content_type": "application/x-www-form-urlencoded"}, 415),
    "no type": ({"content_type": None}, 415),
    "too large": ({"content": b'{"x": "' + b"a" * 2_000_000 + b'"}'}, 413),
}


async def test_row_56_nobody_is_served_who_may_not_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    served, tried = 0, 0
    async with running(tmp_path, {"gateway": {"bodyMb": 1}}) as gateway:
        gateway.upstream.will_say("pear juice")
        for method, path in OPERATIONS:
            attacks = {**ATTACKS, **(PLAIN if method == "POST" else {})}
            for name, (changes, status) in attacks.items():
                if path in OPEN and status == 401:
                    continue
                answer = await send(gateway, method, path, **changes)
                tried += 1
                served += answer.is_success or "pear" in answer.text
                assert answer.status_code == status, f"{name}: {method} {path}"
                assert "access-control-allow-origin" not in answer.headers
                assert gateway.token not in answer.text
        assert gateway.upstream.exchanges == []
    with capsys.disabled():
        print(f"\nunauthorised requests served: {served} of {tried}")
    assert tried > 100
    assert served == 0


async def test_the_same_requests_are_served_to_whoever_may_be(gateway: Gateway) -> None:
    gateway.upstream.will_say("pear juice")
    for method, path in OPERATIONS:
        status = REACHED.get(path, 200)
        assert (await send(gateway, method, path)).status_code == status, f"{method} {path}"
        own = await send(gateway, method, path, authorization=None, x_api_key=gateway.token)
        assert own.status_code == status, "Anthropic's clients send their key so"
        google = await send(gateway, method, path, authorization=None, x_goog_api_key=gateway.token)
        assert google.status_code == status, "and Google's so"
    assert (await send(gateway, "GET", "/v1/models", host="localhost:1")).status_code == 200
    assert (await send(gateway, "GET", "/v1/models", host="[::1]")).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/health"])
async def test_whether_it_runs_is_no_secret(gateway: Gateway, path: str) -> None:
    assert (await send(gateway, "GET", path, authorization=None)).json() == {"status": "ok"}


async def test_unknown_paths_and_methods_tell_nothing_without_a_token(gateway: Gateway) -> None:
    for method, path in (("GET", "/v1/nothing"), ("DELETE", "/v1/models"), ("GET", "/docs"), ("GET", "/openapi.json")):
        assert (await send(gateway, method, path, authorization=None)).status_code == 401
        assert (await send(gateway, method, path)).status_code in (404, 405)


async def test_web_pages_that_the_user_has_named_may_use_it_and_no_others(tmp_path: Path) -> None:
    origin = "https://tools.example.org"
    async with running(tmp_path, {"gateway": {"allowedOrigins": [origin]}}) as gateway:
        asked = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
        preflight = await send(gateway, "OPTIONS", "/v1/models", authorization=None, origin=origin, **asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == origin
        assert preflight.headers["access-control-allow-headers"] == "authorization"
        answer = await send(gateway, "GET", "/v1/models", origin=origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        assert (await send(gateway, "GET", "/v1/models", origin=f"{origin}.evil")).status_code == 403
        assert (await send(gateway, "GET", "/v1/models", origin=origin, authorization=None)).status_code == 401


async def test_hosts_that_the_user_has_named_are_served(tmp_path: Path) -> None:
    async with running(tmp_path, {"gateway": {"allowedHosts": ["team.example", "one.example:8443"]}}) as gateway:
        status = {
            host: (await send(gateway, "GET", "/healthz", host=host)).status_code
            for host in ("team.example", "TEAM.example:80", "one.example:8443", "one.example", "x.team.example")
        }
        assert list(status.values()) == [200, 200, 200, 403, 403]


async def test_a_token_that_comes_too_often_is_told_to_wait_and_another_is_not(tmp_path: Path) -> None:
    async with running(tmp_path, {"gateway": {"requestsPerMinute": 12}}) as gateway:
        statuses = [(await send(gateway, "GET", "/api/providers")) for _ in range(4)]
        assert [answer.status_code for answer in statuses] == [200, 200, 429, 429]
        assert 1 <= int(statuses[-1].headers["retry-after"]) <= 5
        assert f"Wait {statuses[-1].headers['retry-after']} s." in statuses[-1].text
        other = await GatewayTokens(tmp_path / "tokens" / "gateway-tokens.json", {}).rotate("ada")
        async with asyncio.timeout(10):
            while (answer := await send(gateway, "GET", "/api/providers", authorization=f"Bearer {other}")).is_error:
                assert answer.status_code == 401, "the file of tokens has not been looked at yet"
                await asyncio.sleep(0.1)
        assert (await send(gateway, "GET", "/healthz")).status_code == 200


async def test_no_more_requests_are_answered_at_a_time_than_may_be(tmp_path: Path) -> None:
    async with running(tmp_path, {"gateway": {"concurrency": 1}}) as gateway:
        gateway.upstream.will_never_answer()
        first = asyncio.create_task(send(gateway, "POST", "/v1/messages"))
        await gateway.upstream.asked()
        answer = await send(gateway, "GET", "/v1/models")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        first.cancel()


def test_requests_may_come_evenly_and_a_few_at_once() -> None:
    rate, due, waits = Rate(60), 0.0, []
    for now in [0.0] * 11 + [1.0, 1.0, 30.0]:
        due, wait = admit(due, 100.0 + now, rate)
        waits.append(round(wait, 3))
    assert waits == [0.0] * 10 + [1.0, 0.0, 1.0, 0.0]


class TestTokens:
    async def test_the_first_one_is_made_by_itself_for_the_user_alone(self, tmp_path: Path) -> None:
        tokens = GatewayTokens(tmp_path / "own" / "tokens.json", {})
        token = await tokens.ensure()
        assert len(token) > 40
        assert await tokens.ensure() == token
        assert stat.S_IMODE(tokens.file.stat().st_mode) == 0o600
        assert stat.S_IMODE(tokens.file.parent.stat().st_mode) == 0o700

    async def test_one_that_was_replaced_is_worth_nothing(self, tmp_path: Path) -> None:
        tokens, other = (GatewayTokens(tmp_path / "own" / "tokens.json", {}) for _ in range(2))
        old = await tokens.ensure()
        await other.refresh()
        assert other.whose(old) == "default"
        new = await tokens.rotate()
        await other.refresh()
        assert (other.whose(old), other.whose(new)) == (None, "default")
        assert await tokens.remove("default")
        await other.refresh()
        assert other.whose(new) is None

    async def test_a_damaged_file_lets_nobody_in(self, tmp_path: Path) -> None:
        tokens = GatewayTokens(tmp_path / "own" / "tokens.json", {})
        token = await tokens.ensure()
        await tokens.refresh()
        tokens.file.write_text("{")
        with pytest.raises(Exception, match="damaged"):
            await tokens.refresh()
        assert tokens.whose(token) is None

    async def test_the_environment_s_counts_beside_the_others(self, tmp_path: Path) -> None:
        given = "a-token-from-a-secret-store"
        tokens = GatewayTokens(tmp_path / "own" / "tokens.json", {"PICODE_GATEWAY_TOKEN": given})
        assert await tokens.ensure() == given
        await tokens.refresh()
        assert tokens.whose(given) == "environment"
        with pytest.raises(Exception, match="too short"):
            GatewayTokens(tmp_path / "tokens.json", {"PICODE_GATEWAY_TOKEN": "short"})
