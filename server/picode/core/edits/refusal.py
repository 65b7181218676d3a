"""Why an answer is no edit. It is then shown as it is, with the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refused:
    """`reason` is a sentence for the user."""

    reason: str


EMPTY = Refused("The model did not answer.")
NO_CODE = Refused("There is no code in the answer.")
PROSE = Refused("The answer is an explanation, not code.")
DECLINED = Refused("The model declined to change the code.")
SEVERAL = Refused("The answer has several pieces of code, and it is not certain which one is meant.")
OTHER_LANGUAGE = Refused("The code in the answer is in another language.")
CONFLICT = Refused("The answer still has markers of a merge conflict.")
CUT_OFF = Refused("The answer was cut off before its code ended.")
ELIDED = Refused("The answer leaves out parts of the code, and it is not certain which ones.")
NOT_FOUND = Refused("The code that the answer replaces does not stand in the document.")
AMBIGUOUS = Refused("The code that the answer replaces stands in several places.")
NO_PLACE = Refused("The answer does not say where its code belongs.")
OUTSIDE = Refused("The answer changes code outside of the selection.")
UNCHANGED = Refused("The answer leaves the code as it is.")
LINE_ENDS = Refused("The edit would run two line ends into one.")
SYNTAX = Refused("The edit would add a syntax error.")
PROTECTED = Refused("PiCode never edits files of Git, of editors or of its own settings.")
