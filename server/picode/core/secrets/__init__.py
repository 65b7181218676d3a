"""Secrets in text that is about to leave the machine: found, replaced by placeholders, and put back into the answer.

`finding` says where there are some, by three sets of rules: `shapes` (formats that issuers publish), `names` that tell (whose
values `assignments` and `columns` find in any syntax and `values` judges) and `addresses`. `placeholders`
stand in their place meanwhile.
"""

from __future__ import annotations

from picode.core.secrets.finding import Secret, find
from picode.core.secrets.placeholders import Placeholders, Restorer

__all__ = ["Placeholders", "Restorer", "Secret", "find"]
