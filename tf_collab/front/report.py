"""The verdict in words: a table, what is recommended, and what was noticed."""

from collections.abc import Sequence

from tf_collab.front.verdict import (
    FEWEST,
    NEAR,
    PLAIN,
    Line,
    nearer,
    recommended,
    worse,
)

__all__ = ["FLAWED", "HEADS", "report", "row", "short"]

FLAWED = f"Recommended: {PLAIN}, whatever the distances are, for what the head says."

HEADS = (
    "| method | distance x 1000 ↓ | difference from standard | kept | passes "
    "a sample |",
    "|:--|--:|--:|--:|--:|",
)


def report(
    lines: Sequence[Line],
    *,
    about: str,
    weak: bool,
    reals: int,
    notes: Sequence[str],
    flaws: Sequence[str] = (),
    kind: str = "held-out",
) -> str:
    """A Markdown table of the samplers, and sentences below it; `flaws` come first.

    `about` is by what they were judged, on so many `reals` of a kind. Distances are
    shown a thousand times as large.
    """
    lines = sorted(lines, key=lambda line: (line.distance is None, line.distance or 0))
    best = PLAIN if flaws else recommended(list(lines))
    table = [*HEADS, *(row(line, line.method == best) for line in lines)]
    found = {line.method: line for line in lines}
    if flaws:
        advice = FLAWED
    elif best == PLAIN and nearer(lines):
        names = " and ".join(line.method for line in nearer(lines))
        advice = (
            f"Nothing worth its cost is shown: samples by {names} are surely nearer to "
            f"the {kind} reals, but by less than {100 * NEAR:.0f} % of the distance of "
            "plain samples, which are recommended."
        )
    elif best == PLAIN:
        advice = (
            f"Nothing to gain is shown: no sampler is surely nearer to the {kind} "
            "reals than plain samples, which are recommended."
        )
    else:
        there, plain = found[best].distance or 0.0, found[PLAIN].distance or 0.0
        advice = (
            f"Recommended: {best}. Its distance to the {kind} reals is "
            f"{short(there)}, that of plain samples {short(plain)}."
        )
        nearest = min(nearer(lines), key=lambda line: line.distance or 0.0)
        if nearest.method != best:
            advice += (
                f" {nearest.method.capitalize()} is nearer by {100 * NEAR:.0f} % or by "
                "a standard error of the difference at most, and a sample of it costs "
                f"{nearest.cost / found[best].cost:.2g} times as much."
            )
    if farther := worse(lines):
        advice += f" Surely worse than plain samples: {', '.join(farther)}."
    told = (
        f"Judged by {about}, on {reals} {kind} reals that nothing was chosen on; "
        "intervals are of 95 %, those of differences for all methods together."
    )
    if weak:
        told += (
            " This judge is weak: it tells textures apart, not what a picture shows. "
            "Give labels or features=... for a better one."
        )
    return "\n\n".join([*flaws, "\n".join(table), advice, told, *notes]) + "\n"


def row(line: Line, best: bool) -> str:
    """A line of the table."""
    name = f"**{line.method}**" if best else line.method
    if line.distance is None or line.high is None:
        few = f"worth {line.n} samples, {FEWEST} are needed"
        return f"| {name} | {few} | | {line.kept:.0%} | {line.cost:.0f} |"
    half = line.high - line.distance
    cells = [f"{short(line.distance)} ± {short(half)}", ""]
    if line.difference is not None and line.better is not None:
        width = line.difference - line.better
        sign = "+" if line.difference > 0 else ""
        cells[1] = f"{sign}{short(line.difference)} ± {short(width)}"
    return f"| {name} | {' | '.join(cells)} | {line.kept:.0%} | {line.cost:.0f} |"


def short(distance: float) -> str:
    """A thousand times a distance, in three digits or as a whole number."""
    number = 1000 * distance
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
