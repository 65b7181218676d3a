"""Emacs, with Eglot and with lsp-mode: the list of completions by hand, an answer, an edit."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.editors.conftest import program, recipe
from support.model_server import Model

pytestmark = [pytest.mark.editor, pytest.mark.timeout(240)]

SESSION = """;;; -*- lexical-binding: t -*-
(setq last-nonmenu-event ?x make-backup-files nil create-lockfiles nil enable-local-variables nil)
(defun until (holds)
  "Waits at most 60 s for what the server says."
  (let ((ends (+ (float-time) 60)))
    (while (and (not (funcall holds)) (< (float-time) ends))
      (accept-process-output nil 0.05))))
(defun choose-by (title)
  "The user chooses what begins with TITLE in each menu."
  (advice-add 'completing-read :override
    (lambda (_prompt choices &rest _) (car (all-completions title choices)))))
(advice-add 'y-or-n-p :override (lambda (&rest _) t)) ; Eglot asks before it makes an edit
(defun said (pattern)
  (with-current-buffer (messages-buffer) (save-excursion (goto-char (point-min)) (re-search-forward pattern nil t))))
(defun show (name value) (princ (format "<<%s>>%s<</>>\\n" name value)))
"""

COMPLETES = """
(goto-char (point-max)) (insert "def double(x):\\n    ret")
(completion-at-point) ; straight after typing, nothing is there yet
(completion-at-point)
(show "completed" (buffer-substring-no-properties (line-beginning-position) (line-end-position)))
"""

ASKS = """
(goto-char (point-min)) (search-forward "left -")
"""

EGLOT = """
(package-initialize)
(require 'eglot)
{recipe}
(find-file "sums.py")
(setq-local flymake-diagnostic-functions nil)
(apply #'eglot (eglot--guess-contact))
(until #'eglot-managed-p)
"""

LSP_MODE = """
(package-initialize)
(setq lsp-restart 'ignore lsp-enable-snippet nil lsp-auto-guess-root t lsp-warn-no-matched-clients nil)
(require 'lsp-mode)
{recipe}
(find-file "sums.py")
(lsp)
(until (lambda () (and (lsp-workspaces) (eq 'initialized (lsp--workspace-status (car (lsp-workspaces)))))))
"""


def seen(output: str) -> dict[str, str]:
    """What the session has shown, by name."""
    return dict(re.findall(r"<<(\w+)>>(.*?)<</>>", output, re.DOTALL))


@pytest.fixture
def emacs(run: Callable[..., str], home: Path) -> Callable[[str], dict[str, str]]:
    """Runs a session in Emacs; what it has shown."""
    found = program("emacs", "emacs-nox elpa-eglot elpa-lsp-mode")

    def session(script: str) -> dict[str, str]:
        file = home / "session.el"
        file.write_text(SESSION + script)
        output = run(found, "--batch", "-l", str(file))
        shown = seen(output)
        assert shown, output
        return shown | {"output": output}

    return session


def test_eglot(emacs: Callable[[str], dict[str, str]], model: Model) -> None:
    model.says, model.fills = ["It subtracts,\n\n", "since there is a minus."], ["urn 2 * x"]
    choices = f"""
    {ASKS}
    (choose-by "PiCode: Explain")
    (call-interactively #'eglot-code-actions)
    (until (lambda () (said "since there is a minus")))
    (show "answer" (with-current-buffer (messages-buffer) (buffer-string)))
    """
    shown = emacs(EGLOT.replace("{recipe}", recipe("Eglot")) + COMPLETES + choices)
    assert shown["completed"] == "    return 2 * x", shown["output"]
    assert "It subtracts" in shown["answer"]
    assert "since there is a minus." in shown["answer"]


def test_eglot_applies_an_edit(emacs: Callable[[str], dict[str, str]], model: Model) -> None:
    model.says = ["```python\ndef add(left, right):\n    return left + right\n```"]
    # What Emacs asks within a command, it does not ask any more when the command's response comes.
    fixes = f"""
    {ASKS}
    (choose-by "PiCode: Refactor")
    (defvar within t)
    (defvar asked "no")
    (advice-add 'y-or-n-p :override (lambda (&rest _) (setq asked (if within "within" "after")) t))
    (call-interactively #'eglot-code-actions)
    (setq within nil)
    (until (lambda () (save-excursion (goto-char (point-min)) (search-forward "left + right" nil t))))
    (show "edited" (buffer-string))
    (show "asked" asked)
    """
    shown = emacs(EGLOT.replace("{recipe}", recipe("Eglot")) + fixes)
    assert shown["edited"] == "def add(left, right):\n    return left + right\n", shown["output"]
    assert shown["asked"] == "after"


def test_lsp_mode(emacs: Callable[[str], dict[str, str]], model: Model) -> None:
    model.says, model.fills = ["It subtracts,\n\n", "since there is a minus."], ["urn 2 * x"]
    asks = f"""
    {ASKS}
    (choose-by "PiCode: Explain")
    (call-interactively #'lsp-execute-code-action)
    (until (lambda () (said "since there is a minus")))
    (show "answer" (with-current-buffer (messages-buffer) (buffer-string)))
    (show "warnings" (if (get-buffer "*lsp-log*") (with-current-buffer "*lsp-log*" (buffer-string)) ""))
    (show "window" (if (get-buffer "*Warnings*") (with-current-buffer "*Warnings*" (buffer-string)) ""))
    """
    shown = emacs(LSP_MODE.replace("{recipe}", recipe("lsp-mode")) + COMPLETES + asks)
    assert shown["completed"] == "    return 2 * x", shown["output"]
    assert "since there is a minus." in shown["answer"]
    assert "nknown notification" not in shown["warnings"] + shown["window"]
    assert shown["window"] == ""
