"""What is compared in a benchmark as Markdown, for files and for a terminal."""

from collections.abc import Sequence

from experiments.benchmarking import column_words, summary
from experiments.rundir import report

__all__ = ["compact", "short", "text", "without"]


def compact(group: summary.Group, name: str) -> str:
    """One number as Markdown, samplers down and budgets across; a dash: no samples.

    A sampler without any has no row: see `without`.
    """
    budgets = sorted({row.budget for row in group.rows})
    cells = {(row.method, row.budget): row.numbers.get(name) for row in group.rows}
    rows = [[column_words.of(name), *(f"{budget:g}" for budget in budgets)]]
    for method in dict.fromkeys(row.method for row in group.rows):
        numbers = [cells.get((method, budget)) for budget in budgets]
        if any(numbers):
            rows.append([method, *("–" if n is None else str(n) for n in numbers)])
    return report.markdown(rows)


def without(group: summary.Group, name: str) -> str:
    """A sentence on samplers that have no number of that name, and why; or \"\"."""
    reasons: dict[str, list[str]] = {}
    for row in group.rows:
        reasons.setdefault(row.method, []).append(row.reason)
    known = {row.method for row in group.rows if name in row.numbers}
    told = [
        f"{method} ({'; '.join(dict.fromkeys(filter(None, why))) or 'not measured'})"
        for method, why in reasons.items()
        if method not in known
    ]
    return f"Without a number in the table: {', '.join(told)}." if told else ""


def text(groups: Sequence[summary.Group]) -> str:
    """Each group as a Markdown table below its title."""
    parts = []
    for group in groups:
        words = [column_words.of(name) for name in group.columns]
        rows = [["budget", "sampler", "flags", *words, "note"]]
        for row in group.rows:
            cells = [str(row.numbers.get(name, "–")) for name in group.columns]
            head = [f"{row.budget:g}", row.method, row.flags]
            rows.append([*head, *cells, row.reason.replace("|", "/")])
        parts.append(f"### {group.title}\n\n{group.about}\n")
        lacks = {name: without(group, name) for name in group.metrics}
        alike = len({*lacks.values()}) == 1  # then it is said once, below all
        for name, told in lacks.items():
            parts.append(f"{compact(group, name)}\n")
            if told and (not alike or name == group.metrics[-1]):
                parts.append(f"{told}\n")
        parts.append(f"{report.markdown(rows)}\n")
        parts += ["".join(f"- {doubt}\n" for doubt in group.doubts)] * bool(
            group.doubts
        )
    return "\n".join(parts)


def short(groups: Sequence[summary.Group]) -> str:
    """Of each group the first number alone, which a terminal has room for."""
    return "\n".join(
        f"### {group.title}\n\n{compact(group, name)}\n"
        for group in groups
        for name in group.metrics[:1]
    )
