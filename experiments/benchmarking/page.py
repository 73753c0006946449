"""A benchmark as one page that needs nothing else: no server, no net, no other file."""

import html as escape
import importlib.resources
import string
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from experiments.benchmarking import column_words, summary, winners
from experiments.benchmarking.intervals import Number

__all__ = ["Figure", "html"]

ABOUT = (
    "Every sampler from the same checkpoint, seeds and held-out reals, at equal cost: "
    "passes of a sample forward through G or D, where a pass back counts as two, with "
    "burn-in and warm-up, for each sample kept. Tuning of D comes before and is not "
    "counted; a plain sample costs 2, since D scores it. Seconds are of the whole "
    "draw, tracing and compiling included. A head sorts its table."
)

EMPTY = "Why cells are empty, by sampler and budget:"
DOUBTS = "What the library doubts:"


class Figure(NamedTuple):
    """SVG of the same panels for a wide window and, in a column, for a narrow one."""

    wide: str
    narrow: str


def html(groups: Sequence[summary.Group], figures: Mapping[str, Figure]) -> str:
    """The page; `figures` are by the title of a group."""
    body = [f"<p>{escape.escape(winners.ABOUT)}</p>"]
    for group in groups:
        better = "".join(f"<li>{escape.escape(one)}</li>" for one in group.better)
        body.append(f"<p>{escape.escape(group.title)}:</p>\n<ul>{better}</ul>")
    body.append(f"<p>{escape.escape(ABOUT)}</p>")
    for group in groups:
        body.append(f"<h2>{escape.escape(group.title)}</h2>")
        body.append(f"<p>{escape.escape(group.about)}</p>")
        for kind, drawn in figures[group.title]._asdict().items():
            body.append(f'<figure class="{kind}">{drawn}</figure>')
        body.append(_table(group))
        for head, told in ((EMPTY, group.reasons), (DOUBTS, group.doubts)):
            items = "".join(f"<li>{escape.escape(one)}</li>" for one in told)
            body += [f"<p>{head}</p>\n<ul>{items}</ul>"] * bool(items)
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
        f'<th scope="col"><button>{escape.escape(head)}</button></th>' for head in heads
    )
    rows = "\n".join(_row(row, group.columns) for row in group.rows)
    return (
        f'<div class="table"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _row(row: summary.Row, columns: Sequence[str]) -> str:
    cells = [_number(Number(row.budget))]
    cells += [f'<th scope="row">{escape.escape(row.method)}</th>']
    cells += [f'<td class="text">{escape.escape(row.flags)}</td>']
    cells += [_number(row.numbers.get(name)) for name in columns]
    return f"<tr>{''.join(cells)}</tr>"


def _number(number: Number | None) -> str:
    if number is None:
        return "<td>–</td>"
    return f'<td data-value="{number.value!r}">{number}</td>'
