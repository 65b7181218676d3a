"""Secrets in text that is about to leave the machine: found, replaced by placeholders, and put back into the answer.

`shapes` says how secrets look, `finding` where there are some, `placeholders` what stands in their place meanwhile.
"""

from __future__ import annotations

from picode.core.secrets.finding import Secret, find
from picode.core.secrets.placeholders import Placeholders, Restorer

__all__ = ["Placeholders", "Restorer", "Secret", "find"]
