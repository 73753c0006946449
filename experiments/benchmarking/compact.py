"""One number of a benchmark as a table: samplers down, budgets across."""

from typing import TYPE_CHECKING

from experiments.benchmarking import column_words
from experiments.rundir import report

if TYPE_CHECKING:
    from experiments.benchmarking.summary import Group

__all__ = ["table"]


def table(group: "Group", name: str) -> str:
    """Markdown, with a dash where a sampler has no samples for a budget."""
    budgets = sorted({row.budget for row in group.rows})
    cells = {(row.method, row.budget): row.numbers.get(name) for row in group.rows}
    rows = [[column_words.of(name), *(f"{budget:g}" for budget in budgets)]]
    for method in dict.fromkeys(row.method for row in group.rows):
        numbers = [cells.get((method, budget)) for budget in budgets]
        rows.append([method, *("–" if n is None else str(n) for n in numbers)])
    return report.markdown(rows)
