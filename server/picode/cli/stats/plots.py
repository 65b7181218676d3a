"""Plots as inline SVG. They take their colours from the page's style, so that they follow its dark and light dress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 12, 28
_TICKS = 4

Colours = Mapping[str, int]
"""Which of the style's colours a series has."""

_KINDS = (0, 2, 3, 5, 1)
"""The colours of things that differ in kind and not in degree. What comes after them is added up in the last one, grey."""

_GREY = 4
OTHERS = "others"


def colours_of(names: Sequence[str]) -> Colours:
    """A colour for each of `names`, the same in every plot of a page."""
    return {name: _KINDS[at] if at < len(_KINDS) else _GREY for at, name in enumerate(names)}


def stacked(
    days: Sequence[date], series: Mapping[str, Sequence[float]], colours: Colours, form: str = ",.0f", unit: str = ""
) -> str:
    """Bars, one a day, of what each of `series` adds to it."""
    shown = fewer(series, colours)
    colours = {**colours, OTHERS: _GREY}
    totals = [sum(values[at] for values in shown.values()) for at in range(len(days))]
    top = nice_top(max(totals, default=0))
    parts = [_grid(top, form, unit)]
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(days))
    bar = max(1.0, min(28.0, step * 0.72))
    for at, day in enumerate(days):
        below = 0.0
        x = _LEFT + at * step + (step - bar) / 2
        for name, values in shown.items():
            value = values[at]
            if value <= 0:
                continue
            y, height = _y(below + value, top), _y(below, top) - _y(below + value, top)
            told = f"{day:%d %b}: {name} {unit}{value:{form}}"
            parts.append(
                f'<rect class="c{colours[name]}" x="{x:.1f}" y="{y:.1f}" width="{bar:.1f}" height="{max(height, 0.8):.1f}">'
                f"<title>{escape(told)}</title></rect>"
            )
            below += value
    parts += _dates(days, step)
    return _svg(parts, "Daily: " + ", ".join(shown)) + legend({name: colours[name] for name in shown})


def histogram(bars: Sequence[tuple[str, int]]) -> str:
    """Bars beside each other, for what is told apart by size. Empty ones at both ends are left out."""
    filled = [at for at, (_, count) in enumerate(bars) if count]
    bars = bars[filled[0] : filled[-1] + 1] if filled else bars
    top = nice_top(max((count for _, count in bars), default=0))
    parts = [_grid(top, ",.0f", "")]
    step = (WIDTH - _LEFT - _RIGHT) / max(1, len(bars))
    for at, (name, count) in enumerate(bars):
        x, y = _LEFT + at * step + step * 0.1, _y(count, top)
        parts.append(
            f'<rect class="c0" x="{x:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{_y(0, top) - y:.1f}">'
            f"<title>{escape(name)}: {count:,}</title></rect>"
            f'<text class="x" x="{x + step * 0.4:.1f}" y="{HEIGHT - 10}">{escape(name)}</text>'
        )
    return _svg(parts, "Distribution")


def shares(parts: Sequence[tuple[str, int]]) -> str:
    """One bar, cut into the shares of `parts`."""
    total = sum(count for _, count in parts)
    drawn, x = [], 0.0
    for number, (name, count) in enumerate(parts):
        width = WIDTH * count / total if total else 0.0
        if width:
            drawn.append(
                f'<rect class="c{number}" x="{x:.1f}" y="0" width="{width:.1f}" height="26">'
                f"<title>{escape(name)}: {count:,}</title></rect>"
            )
        x += width
    names = [f"{name} {count / total:.0%}" if total else name for name, count in parts]
    bar = f'<svg class="shares" viewBox="0 0 {WIDTH} 26" role="img" aria-label="Shares">{"".join(drawn)}</svg>'
    return bar + legend({name: number for number, name in enumerate(names)})


def fewer(series: Mapping[str, Sequence[float]], colours: Colours) -> dict[str, Sequence[float]]:
    """`series`, with all that have no colour of their own added up as one."""
    kept = {name: values for name, values in series.items() if colours[name] != _GREY}
    rest = [values for name, values in series.items() if name not in kept]
    return {**kept, OTHERS: [sum(values) for values in zip(*rest, strict=True)]} if rest else kept


def nice_top(value: float) -> float:
    """A round number above `value`, for the end of an axis.

    >>> nice_top(73), nice_top(0.034), nice_top(0)
    (80.0, 0.04, 1.0)
    """
    if value <= 0:
        return 1.0
    size = 10.0 ** floor(log10(value))
    for factor in (1, 2, 4, 5, 8, 10):
        if value <= factor * size:
            return float(f"{factor * size:.6g}")
    return float(ceil(value))


def legend(colours: Colours) -> str:
    items = (f'<li><i class="c{number}"></i>{escape(name)}</li>' for name, number in colours.items())
    return f'<ul class="legend">{"".join(items)}</ul>' if colours else ""


def _grid(top: float, form: str, unit: str) -> str:
    lines = []
    whole = form.endswith(".0f")
    for number in range(_TICKS + 1):
        value = top * number / _TICKS
        y = _y(value, top)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if not whole or value == int(value):
            lines.append(f'<text class="y" x="{_LEFT - 8}" y="{y + 4:.1f}">{unit}{_short(value, form)}</text>')
    return "".join(lines)


def _short(value: float, form: str) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if value >= size:
            return f"{value / (1e3 if letter == 'k' else size):g}{letter}"
    return f"{value:{form}}"


def _dates(days: Sequence[date], step: float) -> list[str]:
    every = max(1, ceil(len(days) * 56 / (WIDTH - _LEFT - _RIGHT)))
    return [
        f'<text class="x" x="{_LEFT + (at + 0.5) * step:.1f}" y="{HEIGHT - 10}">{day:%d %b}</text>'
        for at, day in enumerate(days)
        if at % every == (len(days) - 1) % every
    ]


def _y(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * value / top


def _svg(parts: Sequence[str], label: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'
