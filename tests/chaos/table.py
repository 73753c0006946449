"""How many faults of each kind befell each program, as Markdown."""

import collections
from collections.abc import Iterable, Mapping
from typing import Any

from chaos.plan import KINDS
from chaos.subjects import SUBJECTS

__all__ = ["table"]


def table(lines: Iterable[Mapping[str, Any]]) -> str:
    counts = collections.Counter((line["fault"], line["program"]) for line in lines)
    rows = [["fault", *SUBJECTS, "all"]]
    for kind in KINDS:
        of_kind = [counts[kind, program] for program in SUBJECTS]
        if any(of_kind):
            rows.append([kind, *(str(n or "–") for n in of_kind), str(sum(of_kind))])
    totals = [sum(counts[kind, one] for kind in KINDS) for one in SUBJECTS]
    rows.append(["all", *map(str, totals), str(sum(totals))])
    rule = [":--", *["--:"] * (len(SUBJECTS) + 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:]))
