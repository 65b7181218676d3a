"""The figures as a page: one file that fetches nothing, for a browser in dark or light mode, and for paper."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from picode import __version__
from picode.cli.stats import plots
from picode.cli.stats.figures import Figures, Table, dollars, model_table, share, suggestion_table

_FOUND = {
    "typed_through": "typed along what was shown",
    "memory": "remembered",
    "in_flight": "already on its way",
    "disk": "kept on the disk",
    "none": "a model was asked",
}


def page(figures: Figures) -> str:
    """The whole document."""
    days = len(figures.days)
    when = f"{figures.first:%d %B %Y} to {figures.last:%d %B %Y}" if days > 1 else f"{figures.last:%d %B %Y}"
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    tables = (
        _table("Suggestions by language and model", suggestion_table(figures)),
        _table("Models: requests and tokens", model_table(figures)),
    )
    body = "".join((_cards(figures), _plots(figures), *tables))
    if not figures.rows:
        body = '<p class="empty">Nothing is counted yet: open a file in your editor and type.</p>'
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>PiCode statistics</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<header><h1>PiCode statistics</h1><p>{when}</p></header>\n{body}\n"
        f"<footer>Counted by PiCode {__version__} on this machine, and sent nowhere. Costs are estimates by published prices; "
        "the invoice is the provider’s.</footer>\n</main>\n</body>\n</html>\n"
    )


def _cards(figures: Figures) -> str:
    shown = sum(each.shown for each in figures.suggestions)
    taken = sum(each.accepted + each.partly for each in figures.suggestions)
    kept = sum(each.kept for each in figures.suggestions)
    looked = kept + sum(each.changed for each in figures.suggestions)
    spent, saved = figures.spent, figures.saved
    tokens = sum(each.input + each.output for each in spent)
    unpriced = sum(each.unpriced for each in spent)
    cards = (
        ("Suggestions shown", f"{shown:,}", f"{len({each.language for each in figures.suggestions})} languages"),
        ("Taken", share(taken, shown) or "–", f"{taken:,} suggestions"),
        ("Still there after 30 s", share(kept, looked) or "–", f"of {looked:,} that were looked at"),
        (
            "Answered without asking",
            f"{saved.share:.0%}" if saved.requests else "–",
            f"{saved.requests:,} requests saved",
        ),
        ("Tokens", f"{tokens:,}", f"about {saved.tokens:,} not spent"),
        ("Cost", dollars(sum(each.cost for each in spent), unpriced), f"about {dollars(saved.cost)} not spent"),
    )
    drawn = (
        f'<div class="card"><h3>{escape(name)}</h3><strong>{escape(value)}</strong><span>{escape(more)}</span></div>'
        for name, value, more in cards
    )
    return f'<section class="cards">{"".join(drawn)}</section>\n'


def _plots(figures: Figures) -> str:
    shown, taken = figures.outcomes("shown"), figures.outcomes("accepted", "partly")
    left = [max(0, one - other) for one, other in zip(shown, taken, strict=True)]
    found = [(name, figures.found[where]) for where, name in _FOUND.items()]
    tokens = figures.daily(lambda row: row.input + row.output)
    costs = figures.daily(lambda row: row.cost or 0.0)
    days = figures.days
    drawn = []
    if any(count for _, count in found):
        drawn.append(_figure("Where suggestions came from", "", plots.shares(found), wide=True))
    if any(shown):
        outcomes = plots.stacked(days, {"taken": taken, "left": left}, {"taken": 0, "left": 1})
        drawn.append(_figure("Suggestions", "A day, by what became of them", outcomes))
    if any(count for _, count in figures.times()):
        times = plots.histogram(figures.times())
        drawn.append(_figure("Time to the whole answer", "Answers of models", times))
    colours = plots.colours_of([*tokens, *(name for name in costs if name not in tokens)])
    if tokens:
        drawn.append(_figure("Tokens", "A day, in and out, by provider", plots.stacked(days, tokens, colours)))
    if costs:
        form = ",.2f" if max(map(sum, zip(*costs.values(), strict=True))) >= 0.1 else ",.4f"
        money = plots.stacked(days, costs, colours, form, "$")
        drawn.append(_figure("Cost", "A day, in US dollars, by provider", money))
    return f'<section class="plots">{"".join(drawn)}</section>\n' if drawn else ""


def _figure(title: str, more: str, drawing: str, *, wide: bool = False) -> str:
    kind = ' class="wide"' if wide else ""
    return f"<figure{kind}><figcaption><h2>{escape(title)}</h2><p>{escape(more)}</p></figcaption>{drawing}</figure>\n"


def _table(title: str, table: Table) -> str:
    if not table.rows:
        return ""
    head = "".join(f"<th{_number(at)}>{escape(name)}</th>" for at, name in enumerate(table.heads))
    rows = ("".join(f"<td{_number(at)}>{escape(cell)}</td>" for at, cell in enumerate(row)) for row in table.rows)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f'<section class="table"><h2>{escape(title)}</h2><div><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>\n"
    )


def _number(at: int) -> str:
    return "" if at < 2 else " class=n"
