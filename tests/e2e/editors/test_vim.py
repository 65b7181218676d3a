"""Vim with ALE, as Debian brings it: an answer, and an edit."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from e2e.editors.conftest import program, recipe
from support.model_server import Model

pytestmark = [pytest.mark.editor, pytest.mark.timeout(240)]

ALE = Path("/usr/share/vim/vimfiles/pack/dist-bundle/opt/ale")

SESSION = """
set nocompatible nomore shortmess+=I hidden
let g:ale_completion_enabled = 0
function! Until(holds) abort
  for _ in range(600)
    if a:holds() | return v:true | endif
    sleep 50m
  endfor
endfunction
function! Shown() abort
  for number in range(1, bufnr('$'))
    if getbufvar(number, '&filetype') =~# '^ale-preview'
      return join(getbufline(number, 1, '$'), "\\n")
    endif
  endfor
  return ''
endfunction
function! Run() abort
%s
endfunction
try
  call Run()
catch
  let g:seen['error'] = v:exception . ' ' . v:throwpoint
endtry
let g:seen['messages'] = execute('messages')
call writefile([json_encode(g:seen)], '%s')
qall!
"""

CHOOSES = """
  runtime autoload/ale/util.vim
  function! ale#util#Input(message, value, ...) abort
    return matchstr(a:message, '\\d\\+\\ze) PiCode: %s')
  endfunction
  ALELint
  call Until({-> !empty(ale#history#Get(bufnr('')))})
  call cursor(2, 1)
  ALECodeAction
"""


@pytest.fixture
def vim(run: Callable[..., str], home: Path) -> Callable[[str], dict[str, Any]]:
    """Runs a session in Vim; what it has put into `g:seen`."""
    found = program("vim", "vim")
    if not ALE.is_dir():
        pytest.skip("no ALE to test with: on Debian 12, `apt-get install vim-ale` installs it")

    def session(script: str) -> dict[str, Any]:
        seen = home / "seen.json"
        (home / "vimrc").write_text(f"let g:seen = {{}}\nfiletype plugin on\n{recipe('ALE')}\n")
        (home / "session.vim").write_text(SESSION % (script, seen))
        vim = [found, "-N", "-u", str(home / "vimrc"), "-i", "NONE", "-n", "-S", str(home / "session.vim"), "sums.py"]
        output = run("script", "-qec", shlex.join(vim), "/dev/null")  # ALE does nothing without a terminal
        assert seen.exists(), output
        return json.loads(seen.read_text())

    return session


def test_an_answer_opens_in_the_preview(vim: Callable[[str], dict[str, Any]], model: Model) -> None:
    model.says = ["It subtracts,\n\n", "since there is a minus."]
    seen = vim(CHOOSES % "Explain" + "  call Until({-> Shown() =~# 'minus'})\n  let g:seen['answer'] = Shown()\n")
    assert "since there is a minus." in seen["answer"], seen


def test_an_edit_is_made(vim: Callable[[str], dict[str, Any]], model: Model) -> None:
    model.says = ["```python\ndef add(left, right):\n    return left + right\n```"]
    wait = "  call Until({-> getline(2) =~# 'left + right'})\n  let g:seen['text'] = getline(1, '$')\n"
    seen = vim(CHOOSES % "Refactor" + wait)
    assert seen["text"] == ["def add(left, right):", "    return left + right"], seen
