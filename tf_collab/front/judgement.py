"""A verdict once more: other samples, on reals that nothing has seen."""

from collections.abc import Iterable
from typing import Any

from tf_collab.front import likeness, plan, report, verdict
from tf_collab.front.case import Case, few
from tf_collab.front.outcome import Outcome
from tf_collab.front.refusals import check_apart
from tf_collab.front.rows import rows

__all__ = ["Judgement", "afresh"]


class Judgement(list[verdict.Line]):
    """A line for each sampler; they print as a report does."""

    def __init__(self, lines: Iterable[verdict.Line], told: str):
        super().__init__(lines)
        self._told = told

    def __repr__(self) -> str:
        return self._told


def afresh(
    case: Case, found: Outcome, fresh: Any, groups: Any, calls: int, seed: int
) -> Judgement:
    """What a tuning found, on fresh reals that are of the data and were not used."""
    reals = rows(fresh, few(case.gan, case.seed), name="fresh", groups=groups)
    size = plan.plan(calls or found.calls, case.layers, batch=case.batch)
    check_apart(case.train.x, reals.x, "fresh")
    check_apart(case.splits.x, reals.x, "fresh", of="held_out")
    flaws = [*case.flaws, *likeness.check(case.train, reals, name="fresh")]
    lines = verdict.judged(case, size, found.dials, reals, f"fresh {seed}")
    told = report.report(
        lines,
        about=case.judge.about,
        weak=case.judge.weak,
        reals=len(reals),
        notes=[f"draw(n) still draws by {found.best}, which the tuning recommended."],
        flaws=flaws,
        kind="fresh",
    )
    return Judgement(lines, told.rstrip())
