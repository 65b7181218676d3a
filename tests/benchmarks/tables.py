"""Findings as tables: a row for each kind and language, in percent."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from .verdicts import VERDICTS, Finding

_SHOWN = 160


def rows_of(findings: Iterable[Finding]) -> dict[str, dict[str, Any]]:
    """Counts by kind, by language, by both, and of all; the key says what of."""
    groups: dict[str, list[Finding]] = defaultdict(list)
    for each in findings:
        kind, language = each.hole.kind, each.hole.language
        for group in ("all", kind, language, f"{kind} {language}", *(f"trait {trait}" for trait in each.hole.traits)):
            groups[group].append(each)
    return {group: _counts(found) for group, found in groups.items()}


def _counts(findings: list[Finding]) -> dict[str, Any]:
    verdicts = Counter(each.verdict for each in findings)
    return {
        "holes": len(findings),
        **{verdict: verdicts[verdict] for verdict in VERDICTS},
        "not drawn": sum(bool(each.not_drawn) for each in findings),
        "why": dict(Counter(each.why for each in findings if each.why)),
    }


def print_table(runs: Mapping[str, list[Finding]], *, details: bool = True) -> None:
    """One table for each run: the kinds, the languages, and with `details` each kind in each language."""
    for name, findings in runs.items():
        rows = rows_of(findings)
        kinds = list(dict.fromkeys(each.hole.kind for each in findings))
        languages = sorted({each.hole.language for each in findings})
        names = [*kinds, *languages, "all"]
        if details:
            names[len(kinds) : len(kinds)] = [f"{kind} {language}" for kind in kinds for language in languages]
        print(f"\n| {name} | holes | " + " | ".join(VERDICTS) + " | not drawn |")
        print("| --- |" + " ---: |" * (len(VERDICTS) + 2))
        for each in names:
            if (row := rows.get(each)) is not None:
                shares = " | ".join(f"{100 * row[verdict] / row['holes']:.1f} %" for verdict in VERDICTS)
                print(f"| {each} | {row['holes']} | {shares} | {row['not drawn']} |")
        print("broken:", rows["all"]["why"] if "all" in rows else {})


def print_failures(findings: Iterable[Finding], count: int) -> None:
    """The first `count` findings that are not as it was, with the text around the cursor."""
    failed = [each for each in findings if each.verdict != "as it was" or each.not_drawn]
    for each in failed[:count]:
        hole = each.hole
        print(
            f"\n{each.verdict}{': ' + each.why if each.why else ''}{' / ' + each.not_drawn if each.not_drawn else ''}"
        )
        print(f"  {hole.kind} {hole.language} {hole.path}:{hole.before.count(chr(10)) + 1}")
        print(f"  {hole.line_prefix!r}⟪⟫{hole.after[:40]!r}")
        print(f"  said   {hole.answer[:_SHOWN]!r}")
        end = len(each.document) - len(hole.rest) + 20
        print(f"  stands {each.document[len(hole.before) : max(end, len(hole.before) + 40)][:_SHOWN]!r}")
