"""Suggestions in Neovim without and with what an auto-pairs plugin does: it closes brackets and quotes behind the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.closed_pairs import SESSIONS, Session, is_sound
from e2e.nvim.neovim import Neovim, eventually
from e2e.nvim.upstream import ScriptedUpstream

pytestmark = [pytest.mark.editor, pytest.mark.timeout(60)]

PAIRS = ("()", "[]", "{}", '""')


TYPED_OVER = "strpart(getline('.'), col('.') - 1, 1) ==# '{closer}' ? \"\\<C-g>U\\<Right>\" : '{otherwise}'"


@pytest.fixture(params=[False, True], ids=["without", "with auto-pairs"])
def pairing(request: pytest.FixtureRequest, nvim: Neovim) -> Iterator[bool]:
    """Whether a typed opener brings its closer, and a closer is typed over, as nvim-autopairs and mini.pairs do."""
    if request.param:
        for opener, closer in PAIRS:
            both = f"{opener}{closer}' .. \"\\<C-g>U\\<Left>\" .. '"
            nvim.command(f"inoremap <expr> {opener} '{both}'")
            over = TYPED_OVER.format(closer=closer, otherwise=both if opener == closer else closer)
            nvim.command(f"inoremap <expr> {closer} {over}")
    yield request.param
    if request.param:
        for key in {key for pair in PAIRS for key in pair}:
            nvim.command(f"iunmap {key}")


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.typed)
def test_what_is_closed_already_is_not_closed_twice(
    nvim: Neovim, upstream: ScriptedUpstream, project: Path, pairing: bool, session: Session, photograph
) -> None:
    upstream.will_write(session.written)
    nvim.edit(project / session.file, session.above)
    nvim.wait_for_server()
    nvim.keys("Go")
    nvim.type(session.typed)
    assert nvim.line.decode() == session.typed + (session.closed if pairing else "")

    eventually(lambda: nvim.ghost, 20.0, lambda: nvim.evidence)
    photograph(nvim)
    nvim.keys("<Tab>")
    eventually(lambda: nvim.text == session.document, 20.0, lambda: nvim.text)
    assert is_sound(nvim.text, session.language)
