"""Means over GANs and draws, and of differences, with 95 % intervals."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["FEW", "Line", "Number", "apart", "difference", "how", "number"]

FEW = 3  # GANs, or draws: over fewer Student's interval says nothing
Line = Mapping[str, Any]


class Number(NamedTuple):
    """A mean, and half of its 95 % interval where that is known."""

    value: float
    half: float | None = None

    def __str__(self) -> str:
        shown = f"{self.value:.4g}"
        return shown if self.half is None else f"{shown} ± {self.half:.2g}"


def how(lines: Iterable[Line]) -> str:
    """How the intervals of such lines are made, in words."""
    gans, draws = ({line[name] for line in lines} for name in ("checkpoint", "seed"))
    of = f"{len(gans)} GANs" if len(gans) > 1 else "one GAN"
    if len(gans) >= FEW:
        return f"95 % intervals are over {of}"
    if len(gans) == 1 and len(draws) >= FEW:
        return f"95 % intervals are over {len(draws)} draws of one GAN"
    draw = f"{len(draws)} draws" if len(draws) > 1 else "one draw"
    told = f"95 % intervals are within {draw} of {of}, by halves of the samples"
    return told + "; they do not tell how GANs differ" * (len(gans) > 1)


def number(lines: Sequence[Line], name: str, *, sure: bool = True) -> Number:
    """The mean of lines that have it: of a GAN's draws first. `sure`: its interval."""
    by_gan: dict[str, list[float]] = {}
    for line in lines:
        by_gan.setdefault(line["checkpoint"], []).append(float(line[name]))
    means = [statistics.mean(values) for values in by_gan.values()]
    value = statistics.mean(means)
    if not sure:
        return Number(value)
    if len(means) == 1:
        (means,) = by_gan.values()
    if len(means) < FEW:
        return Number(value, _within(lines, name))
    from scipy import special

    width = float(special.stdtrit(len(means) - 1, 0.975))
    return Number(value, width * statistics.stdev(means) / len(means) ** 0.5)


def difference(
    lines: Sequence[Line], one: str, other: str, name: str
) -> dict[float, Number]:
    """By budget: what sampler `one` has more of than `other`, from the same GANs.

    Only draws that both have count; a budget at which there is none is left out.
    """
    cells = {
        (line["budget"], line["checkpoint"], line["seed"], line["method"]): line
        for line in lines
        if line.get(name) is not None
    }
    pairs: dict[float, list[Line]] = {}
    for (*draw, method), own in cells.items():
        than = cells.get((*draw, other))
        if method == one and than is not None:
            pairs.setdefault(own["budget"], []).append(apart(own, than, name))
    return {budget: number(found, name) for budget, found in sorted(pairs.items())}


def apart(own: Line, than: Line, name: str) -> Line:
    """A line that has what `own` has more of than `than`, and the error of that."""
    errors = [line["errors"].get(name) for line in (own, than)]
    error = None if None in errors else math.hypot(*errors)
    return {**own, name: own[name] - than[name], "errors": {name: error}}


def _within(lines: Sequence[Line], name: str) -> float | None:
    """Half of the interval of a mean over draws, by what is known within each."""
    errors = [line["errors"].get(name) for line in lines]
    if None in errors:
        return None
    return 1.96 * math.hypot(*errors) / len(errors)
