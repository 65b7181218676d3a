"""Other programs' requests pass the same gate."""

from __future__ import annotations

import re

from support.gateway import Gateway

KEY = "glpat-Qz7canary4fS8aQ2wE6rT"
BODY = {"model": "scripted/scripted-model", "messages": [{"role": "user", "content": f"my token is {KEY}"}]}


async def test_a_secret_is_not_sent_stands_in_the_answer_and_is_kept_nowhere(gateway: Gateway) -> None:
    gateway.upstream.will_say("")
    await gateway.post("/v1/chat/completions", {**BODY, "temperature": 0})
    sent = gateway.upstream.last.request.body.decode()
    assert KEY not in sent
    (name,) = re.findall(r"SECRET_[A-Z2-7]{8}", sent)
    gateway.upstream.says_from_now_on(f"It is {name}.")
    events = await gateway.events("/v1/chat/completions", {**BODY, "temperature": 0, "stream": True})
    said = "".join(data["choices"][0]["delta"].get("content", "") for _, data in events[:-1] if data["choices"])
    assert said == f"It is {KEY}."
    asked = len(gateway.upstream.exchanges)
    whole = (await gateway.post("/v1/chat/completions", {**BODY, "temperature": 0})).json()
    assert whole["choices"][0]["message"]["content"] == f"It is {KEY}."
    assert len(gateway.upstream.exchanges) == asked + 1, "nothing of it was kept"
    entries = gateway.assistant.usage.store.sent()
    assert [(entry.feature, entry.redacted) for entry in entries] == [("gateway", {"GitLab token": 1})] * 3
