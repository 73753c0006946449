"""The sentences of an advice, each of some numbers."""

import math
from collections.abc import Mapping, Sequence

from tf_collab.front.checking import CARRIERS, Check
from tf_collab.front.gradients import Walk
from tf_collab.front.report import short
from tf_collab.front.verdict import NEAR, PLAIN, Line, nearer
from tf_collab.metrics import Interval

__all__ = ["calibration", "gradient", "interval", "missed", "reason", "weighed"]

UNSEEN, PLAIN_TO_SEE = 0.05, 0.4  # nats by D, and how a fresh classifier tells apart

MAPS = {"platt": "Platt's map", "beta": "a beta map"}


def interval(found: Interval) -> str:
    """A number with its interval."""
    return f"{found.value:.3g} ({found.low:.3g} to {found.high:.3g})"


def calibration(given: Check | None, used: Check, kind: str) -> str:
    """Whether D's ratio is one, and what makes it one where it is none."""
    if given is None:
        told = "D's score is not a log ratio."
    elif given.sound:
        return f"D's ratio is calibrated: {_numbers(given)}."
    elif given.backwards:
        told = f"D prefers samples to reals: are its labels swapped? {_numbers(given)}."
    elif given.blind:
        told = f"D hardly tells reals from samples: {_numbers(given)}."
    elif given.too_sure:
        told = (
            f"D's ratio is far too sure, as that of a D that has learned its reals by "
            f"heart: {_numbers(given)}."
        )
    else:
        how = "off"
        if 1 not in given.slope:
            how = "too sure" if given.slope.high < 1 else "too modest"
        told = f"D's ratio is {how}: {_numbers(given)}."
    if kind not in MAPS:
        return f"{told} It was kept, as no map does better on rows of its own."
    return f"{told} By {MAPS[kind]}, fitted to other rows, {_numbers(used)}."


def _numbers(check: Check) -> str:
    slope = f"the slope is {interval(check.slope)}"
    if math.isinf(check.slope.value):
        slope = "the slope is unknown (no real scores as samples do, or all alike)"
    told = (
        f"{slope} and E_G[exp(d)] is {interval(check.mean)}, where a true ratio has 1 "
        "and 1"
    )
    if check.carriers < CARRIERS:
        told += f"; {check.carriers:.0f} samples carry this mean, too few to trust it"
    return told


def weighed(used: Check, left: Mapping[int, float]) -> str:
    """What choosing among plain samples can reach, as D's ratio sees it."""
    plain, *others = left.items()
    reached = ", ".join(f"{nats:.2f} where one in {k} is kept" for k, nats in others)
    return (
        f"Choosing among samples: {used.share:.0%} of them carry the ratio. As D sees "
        f"it, plain samples are {plain[1]:.2g} nats (KL) from the data, and the best "
        f"choice of them leaves {reached}."
    )


def gradient(walk: Walk | None, refused: str) -> str:
    """Whether D's gradient leads to the data."""
    if walk is None:
        return f"D's gradient was not judged: {refused}."
    move, told = walk.move, walk.told
    less = told.less
    change = Interval(-less.value, -less.high, -less.low)
    steps = f"{move.steps} step{'s' if move.steps > 1 else ''}"
    return (
        f"D's gradient is {walk.verdict}: a fresh classifier tells plain samples from "
        f"reals by {told.before:.2f} (0 is not at all, 1 surely), and by "
        f"{told.after:.2f} after {steps} of Adam at {move.rate:.3g}, layer "
        f"{move.layer}, a change of {interval(change)}."
    )


def missed(left: Mapping[int, float], walk: Walk | None) -> list[str]:
    """Whether D sees hardly anything of what tells samples from reals."""
    nats = left[min(left)]
    if walk is None or nats > UNSEEN or walk.told.before < PLAIN_TO_SEE:
        return []
    return [
        "D misses most of what tells samples from reals, so that forecasts by it are "
        "low: tuning it, as collaborate(...).tune() does, may gain far more."
    ]


def reason(method: str, lines: Sequence[Line], calls: float) -> str:
    """Why the one that is named is named."""
    found = {line.method: line for line in lines}
    plain = found[PLAIN]
    if method == PLAIN:
        told = (
            f"Recommended: {PLAIN}. Nothing to gain is shown for {calls:g} passes a "
            "sample: no forecast is surely nearer to the reals than plain samples by "
            f"{100 * NEAR:.0f} % or more"
        )
        surely, may = nearer(lines), [x for x in lines if (x.difference or 0.0) < 0]
        if surely:
            told += f"; surely nearer by less: {', '.join(x.method for x in surely)}"
        elif may:
            best = min(may, key=lambda line: line.distance or 0.0)
            told += (
                f", though {best.method} may be; advise(n=...) with more latents, and "
                "more held-out reals, would tell"
            )
        return told + "."
    line = found[method]
    why = "the nearest to the reals that so many passes buy"
    least = min(other.distance or 0.0 for other in nearer(lines))
    if (line.distance or 0.0) > least:
        why = "as near as the nearest, and cheaper"
    return (
        f"Recommended: {method}. Its distance is forecast to be "
        f"{short(line.distance or 0.0)}, that of plain samples is "
        f"{short(plain.distance or 0.0)}: {why} ({line.cost:.3g} a sample)."
    )
