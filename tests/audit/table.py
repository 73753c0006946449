"""The tables of docs/audit.md, by what the tests themselves measure."""

from collections.abc import Iterable

from audit import counterexamples, defects, targets

__all__ = ["numbered", "row", "tables"]

PARTS = ("adjusted", "langevin", "choices")
HEAD = ("what public code does", "what is right", "with the slip", "ours")
RULE = (":--",) * len(HEAD)


def row(name: str) -> str:
    """A defect's line: the distance of both samplers from the law, and p."""
    slip = defects.DEFECTS[name]
    wrong, right = (_told(slip.law(each)) for each in (slip.double, slip.ours))
    return _cells((slip.slip, slip.right, wrong, f"{right} ({slip.by})"))


def numbered(name: str) -> str:
    """The line of a number."""
    slip = counterexamples.NUMBERS[name]
    found = (f"{number():.2g}" for number in (slip.double, slip.ours))
    return _cells((slip.slip, slip.right, *found))


def tables() -> Iterable[str]:
    """Each part's table, and that of numbers."""
    by_law = (*HEAD[:2], *(f"{cell}: distance, p" for cell in HEAD[2:]))
    for part in PARTS:
        names = [n for n, slip in defects.DEFECTS.items() if slip.part == part]
        yield "\n".join([_cells(by_law), _cells(RULE), *map(row, names)])
    rows = map(numbered, counterexamples.NUMBERS)
    yield "\n".join([_cells(HEAD), _cells(RULE), *rows])


def _told(found: targets.Found) -> str:
    p = f"{found.p:.2f}" if found.p > 1e-3 else f"{found.p:.0e}"
    return f"{found.distance:.3f}, p {f'= {p}' if found.p > 1e-300 else '< 1e-300'}"


def _cells(row: Iterable[str]) -> str:
    return f"| {' | '.join(row)} |"
