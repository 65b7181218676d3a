"""Secrets in what is asked about stay here, and the audit knows what was shown."""

from __future__ import annotations

import re

from picode.io.folders import state_folder
from picode.io.usage_store import UsageStore

from .conftest import Desk

KEY = "ghp_Qz7canary4fS8aQ2wE6rT9yU3iO7pAbCdEfG"
CODE = f'<sel>TOKEN = "{KEY}"\nuse(TOKEN)</sel>\n'


async def test_a_secret_in_the_selection_is_not_sent_and_stands_in_the_answer(desk: Desk) -> None:
    desk.upstream.will_say("")
    selection = desk.select("a.py", CODE)
    await desk.ask("/explain", selection)
    sent = desk.upstream.last.request.body.decode()
    assert KEY not in sent
    (name,) = set(re.findall(r"SECRET_[A-Z2-7]{8}", sent))
    desk.upstream.says_from_now_on(f'It gives `"{name}"` away.')
    reply = await desk.ask("/explain", selection)
    assert reply.pieces == reply.ended.text == f'It gives `"{KEY}"` away.'
    follow_up = await desk.ask("/ask which token?", conversation=reply.began.conversation)
    assert KEY not in desk.upstream.last.request.body.decode(), "what was said before is shown again"
    assert follow_up.ended.text


async def test_the_audit_names_what_was_shown(desk: Desk) -> None:
    desk.upstream.will_say("Fine.")
    desk.open("b.py", "def other():\n    pass\n")
    await desk.ask("/explain compare with #b.py", desk.select("a.py", CODE))
    await desk.assistant.close()
    (entry,) = UsageStore(state_folder).sent()
    assert (entry.feature, entry.provider, entry.path, entry.outcome) == ("chat", "scripted", "a.py", "answered")
    assert entry.files == ("b.py",)
    assert entry.redacted == {"GitHub token": 1}
    assert KEY.encode() not in b"".join(file.read_bytes() for file in state_folder().iterdir() if file.is_file())
