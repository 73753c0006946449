"""What is surely better than plain samples, by intervals of paired differences."""

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.benchmarking import baselines, column_words, intervals, judging
from experiments.rundir.report import PLAIN

__all__ = ["ABOUT", "sentences"]

BETTER = "surely better than plain samples"
ABOUT = (
    f"What is {BETTER}, at the same budget: the 95 % interval "
    "of its difference from plain samples of the same GANs and draws lies on the "
    "better side. Each interval is of one sampler alone: of forty samplers that are "
    "no better, one would be named by chance. Quality may be had at the price of "
    "diversity: a sampler that is surely worse by that has it told beside it. "
    "Baselines are in the table alone."
)
NAMED = 3  # samplers
KINDS = "both", "quality"
COUNTED = "modes"  # which have few values, and most samplers have all of them
Line = Mapping[str, Any]


def sentences(lines: Sequence[Line], metrics: Sequence[str]) -> list[str]:
    """One for each budget: who is surely better, and by how much, the best first.

    The numbers are the first of `metrics` that tells of all, and the first of quality.
    """
    firsts = [
        [name for name in judging.axes(metrics, kind) if name != COUNTED][:1]
        for kind in KINDS
    ]
    names = [name for first in firsts for name in first]
    better = {name: _apart(lines, name) for name in names}
    worse = {
        name: _apart(lines, name, worse=True)
        for name in judging.axes(metrics, "diversity")
    }
    told = []
    for budget in sorted({line["budget"] for line in lines}):
        found = {name: better[name].get(budget, {}) for name in names}
        at = f"At {budget:g} passes a sample"
        if not any(found.values()):
            told.append(f"{at} no sampler is {BETTER}.")
            continue
        price = {name: own.get(budget, {}) for name, own in worse.items()}
        each = [f"{_listed(found[name], price)} by {_words(name)}" for name in names]
        told.append(f"{at}, {'; '.join(each)}.")
    return told


def _apart(
    lines: Sequence[Line], name: str, *, worse: bool = False
) -> dict[float, dict[str, str]]:
    """By budget: each sampler that is surely better, the best first, and how much.

    `worse`: those that are surely worse, the worst first.
    """
    sign = (-1 if column_words.of(name).endswith("↓") else 1) * (-1 if worse else 1)
    found: dict[float, dict[str, intervals.Number]] = {}
    for method in dict.fromkeys(line["method"] for line in lines):
        if method == PLAIN or baselines.is_one(method):
            continue
        apart = intervals.difference(lines, method, PLAIN, name)
        for budget, number in apart.items():
            if number.half is not None and sign * number.value > number.half:
                found.setdefault(budget, {})[method] = number
    return {
        budget: {
            method: str(number)
            for method, number in sorted(
                own.items(), key=lambda item: -sign * item[1].value
            )
        }
        for budget, own in found.items()
    }


def _listed(found: Mapping[str, str], price: Mapping[str, Mapping[str, str]]) -> str:
    """Who is surely better, and by what surely worse, as far as there is room."""
    told = []
    for method, number in found.items():
        worse = [_words(name) for name, own in price.items() if method in own]
        but = f", but surely worse by {' and '.join(worse)}" * bool(worse)
        told.append(f"{method} ({number}{but})")
    told = told or ["none"]
    if len(told) > NAMED:
        told[NAMED:] = [f"{len(told) - NAMED} more"]
    *first, last = told
    who = f"{', '.join(first)} and {last}" if first else last
    return f"{who} {'are' if first else 'is'} surely better"


def _words(name: str) -> str:
    """What a number is called, without its unit, its net and its arrow."""
    return column_words.of(name).partition(" (")[0].rstrip(" ↑↓")
