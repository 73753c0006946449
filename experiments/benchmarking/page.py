"""A benchmark as one page that needs nothing else: no server, no net, no other file."""

import html as escape
import importlib.resources
import string
from collections.abc import Mapping, Sequence

from experiments.benchmarking import column_words, summary, winners
from experiments.benchmarking.intervals import Number

__all__ = ["html"]

ABOUT = (
    "Every sampler from the same checkpoint, seeds and held-out reals, at equal cost: "
    "passes of a sample forward through G or D, where a pass back counts as two, with "
    "burn-in and warm-up, for each sample kept. Tuning of D comes before and is not "
    "counted; a plain sample costs 2, since D scores it. Seconds are of the whole "
    "draw, tracing and compiling included. A head sorts its table."
)


def html(groups: Sequence[summary.Group], figures: Mapping[str, str]) -> str:
    """The page; `figures` are SVG by the title of a group."""
    body = [f"<p>{escape.escape(winners.ABOUT)}</p>"]
    for group in groups:
        better = "".join(f"<li>{escape.escape(one)}</li>" for one in group.better)
        body.append(f"<p>{escape.escape(group.title)}:</p>\n<ul>{better}</ul>")
    body.append(f"<p>{escape.escape(ABOUT)}</p>")
    for group in groups:
        body.append(f"<h2>{escape.escape(group.title)}</h2>")
        body.append(f"<p>{escape.escape(group.about)}</p>")
        body.append(f"<figure>{figures[group.title]}</figure>")
        body.append(_table(group))
        doubts = "".join(f"<li>{escape.escape(one)}</li>" for one in group.doubts)
        body += [f"<ul>{doubts}</ul>"] * bool(doubts)
    files = importlib.resources.files("experiments.benchmarking")
    parts = {
        name: files.joinpath(f"page.{name}").read_text(encoding="utf-8")
        for name in ("html", "css", "js")
    }
    page = string.Template(parts["html"])
    return page.substitute(css=parts["css"], js=parts["js"], body="\n".join(body))


def _table(group: summary.Group) -> str:
    heads = ["budget", "sampler", "flags", *map(column_words.of, group.columns)]
    top = "".join(
        f'<th scope="col"><button>{escape.escape(head)}</button></th>'
        for head in (*heads, "note")
    )
    rows = "\n".join(_row(row, group.columns) for row in group.rows)
    return (
        f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: summary.Row, columns: Sequence[str]) -> str:
    cells = [_number(Number(row.budget))]
    cells += [f'<th scope="row">{escape.escape(row.method)}</th>']
    cells += [f'<td class="text">{escape.escape(row.flags)}</td>']
    cells += [_number(row.numbers.get(name)) for name in columns]
    cells += [f'<td class="text">{escape.escape(row.reason)}</td>']
    return f"<tr>{''.join(cells)}</tr>"


def _number(number: Number | None) -> str:
    if number is None:
        return "<td>–</td>"
    return f'<td data-value="{number.value!r}">{number}</td>'
