"""What lines of forecasts come to, GAN by GAN."""

import statistics
from collections.abc import Sequence
from typing import Any

__all__ = ["near_best", "summary"]

KEPT, GAIN = 0.02, 0.02  # by which a forecast may be off
NEAR = 0.05  # of the least distance: as near as that counts as the best
HEADS = (
    "| GAN | seeds | kept: within 2 % (worst) | gain of good: within .02 (worst) | "
    "named, seed by seed | distance of named | nearest method | within 5 % |",
    "|:--|--:|--:|--:|:--|--:|:--|:--|",
)


def summary(lines: Sequence[dict[str, Any]]) -> str:
    """A table of the GANs in Markdown, and counts of Ds that learned by heart."""
    names = dict.fromkeys(line["gan"] for line in lines if "methods" in line)
    told = [*HEADS] if names else []
    for name in names:
        told.append(_row(name, [line for line in lines if line["gan"] == name]))
    pairs = [line for line in lines if line["gan"] == "by_heart"]
    if pairs:
        flagged, cleared = (
            sum(line[kind]["flagged"] is wanted for line in pairs)
            for kind, wanted in (("by heart", True), ("good", False))
        )
        told += [
            "",
            f"Of {len(pairs)} Ds that learned 500 reals by heart {flagged} were "
            f"flagged, and of {len(pairs)} that learned from ever new ones {cleared} "
            "were cleared.",
        ]
    return "\n".join(told) + "\n"


def near_best(lines: Sequence[dict[str, Any]]) -> tuple[float, str, float, bool]:
    """Over seeds, mean distances drawn: of what was named, and of the nearest."""
    drawn = lambda line, method: line["methods"][method]["distance"][1]
    named = statistics.fmean(drawn(line, line["named"]) for line in lines)
    means = {
        method: statistics.fmean(drawn(line, method) for line in lines)
        for method in lines[0]["methods"]
        if all(method in line["methods"] for line in lines)
    }
    best = min(means, key=means.__getitem__)
    return named, best, means[best], named <= means[best] + NEAR * abs(means[best])


def _row(name: str, lines: Sequence[dict[str, Any]]) -> str:
    of_kept = _errors(lines, "kept", moved=False)
    of_gain = _errors(lines, "gain", moved=False)
    named, best, least, near = near_best(lines)
    cells = [
        name,
        str(len(lines)),
        _within(of_kept, KEPT),
        _within(of_gain, GAIN),
        ", ".join(line["named"] for line in lines),
        f"{1000 * named:.3g}",
        f"{best} {1000 * least:.3g}",
        "yes" if near else "no",
    ]
    return f"| {' | '.join(cells)} |"


def _errors(lines: Sequence[dict], key: str, *, moved: bool) -> list[float]:
    """Of forecasts of samplers that choose among plain samples (or move them)."""
    return [
        abs(found[key][0] - found[key][1])
        for line in lines
        for method, found in line["methods"].items()
        if key in found and method != "standard" and (method == "refinement") == moved
    ]


def _within(errors: Sequence[float], most: float) -> str:
    if not errors:
        return "–"
    good = sum(error <= most for error in errors)
    return f"{good} of {len(errors)} ({max(errors):.3f})"
