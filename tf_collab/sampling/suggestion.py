"""Which layer and how many steps: measured on the user's GAN.

Here D both refines and judges, so a large gain may come from samples that only D takes
for real. Give a metric on held-out data to rank the rows.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, seeds
from tf_collab.sampling import rates as at_rates
from tf_collab.sampling import refinement

__all__ = ["Row", "sweep", "table"]


class Row(NamedTuple):
    """The effect of refining at one layer, with one rate and a number of steps."""

    layer: int | str  # an index, or the name that was given
    rate: float
    steps: int
    standard: float  # mean energy of samples as they are
    refinement: float  # mean energy of the same samples, refined
    gain: float  # standard - refinement
    improved: float  # share of samples whose energy fell
    moved: float  # median distance from plain to refined x, over the spread of plain x
    metric: float | None = None  # of the refined samples, where one was given
    standard_metric: float | None = None  # ... of the same samples as they are


def sweep(
    gan: base.GAN,
    make_policy: Callable[[float], base.Policy],
    *,
    layers: Sequence[int | str],
    steps: Sequence[int],
    rates: Sequence[float] | None = None,
    real: base.Scored,
    n: int = 256,
    seed: int | tf.Tensor = 0,
    bounds: tuple[float, float] | None = None,
    hold: Collection[str | int] = (),
    metric: Callable[[Any], float] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Row]:
    """Refines the same n samples at every layer, with every rate and number of steps.

    The best point is picked, as by `refine`. Without `rates`, each layer is given a
    half, one and two times its suggested rate. `metric(x)` is a number, lower is
    better, of refined samples as arrays [n, *data]: a distance to held-out data that D
    never saw. `progress(done, total)` is called for each pair of layer and rate.
    `bounds` and `hold` are those of `refine`. Each pair costs `max(steps)` steps, and
    the memory of as many batches. Raises ValueError if `layers`, `steps` or `rates` is
    empty, or as `refine` and `suggest_rate` do.
    """
    if not layers or not steps or (rates is not None and not rates):
        raise ValueError("sweep needs at least one of each of layers, steps and rates")
    seed = seeds.as_seed(seed)
    rows: list[Row] = []
    pairs, plain = len(layers) * (3 if rates is None else len(rates)), None
    if metric is not None:
        plain = float(metric(_arrays(gan.generator(gan.prior(n, seed)))))
    for layer in layers:
        chosen = rates
        if chosen is None:
            rate = at_rates.suggest_rate(
                gan, make_policy, layer=layer, real=real, n=n, seed=seed, hold=hold
            )
            chosen = [rate / 2, rate, 2 * rate]
        for rate in chosen:
            walk = refinement.trajectory(
                gan,
                make_policy(rate),
                layer=layer,
                steps=max(steps),
                bounds=bounds,
                hold=hold,
            )
            visited = walk(gan.prior(n, seed), real)
            for k in steps:
                row = _row(gan, visited, layer, rate, k, metric)
                rows.append(row._replace(standard_metric=plain))
            if progress is not None:
                progress(len(rows) // len(steps), pairs)
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table, the lowest metric first, and a caption.

    Without a metric the rows are in the order in which they were tried.
    """
    measured = bool(rows) and all(row.metric is not None for row in rows)
    lines = [
        "| layer | rate | steps | standard energy | refinement | gain | improved "
        "| moved |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    if measured:
        lines = [lines[0] + " metric |", lines[1] + "---:|"]
    for r in sorted(rows, key=lambda row: row.metric or 0.0) if measured else rows:
        line = (
            f"| {r.layer} | {r.rate:.3g} | {r.steps} | {r.standard:.3f} "
            f"| {r.refinement:.3f} | {r.gain:.3f} | {r.improved:.0%} | {r.moved:.2f} |"
        )
        lines.append(f"{line} {r.metric:.4g} |" if measured else line)
    caption = (
        "In the order tried, not by gain: the D that gives it has refined the samples, "
        "and can be gamed. sweep(..., metric=...) ranks by a measure of yours."
    )
    if measured:
        caption = "The lowest metric first."
        if (plain := rows[0].standard_metric) is not None:
            caption += f" The same samples, not refined, have {plain:.4g}."
    return "\n".join([*lines, "", caption]) + "\n"


def _row(
    gan: base.GAN,
    visited: base.Scored,
    layer: int | str,
    rate: float,
    steps: int,
    metric: Callable[[Any], float] | None,
) -> Row:
    scores = visited.score[: steps + 1]
    is_float = lambda leaf: tf.as_dtype(leaf.dtype).is_floating
    energy = np.stack([gan.objective.energy(score).numpy() for score in scores])
    energy = np.asarray(energy, "float64")
    raw = energy[0]
    # The first point of least energy; one that is not finite is never picked.
    finite = np.isfinite(energy) & np.isfinite(scores.numpy())
    best = np.where(finite, energy, np.inf).argmin(axis=0)
    refined = np.take_along_axis(energy, best[None], axis=0)[0]
    x = tf.nest.map_structure(
        lambda leaf: leaf.numpy()[best, np.arange(len(best))], visited.x
    )
    before, after = (
        at_rates.rows([leaf for leaf in tf.nest.flatten(part) if is_float(leaf)])
        for part in (tf.nest.map_structure(lambda leaf: leaf[0], visited.x), x)
    )
    distance = np.linalg.norm(after - before, axis=1)
    return Row(
        layer,
        float(rate),
        steps,
        standard=float(raw.mean()),
        refinement=float(refined.mean()),
        gain=float((raw - refined).mean()),
        improved=float((refined < raw).mean()),
        moved=float(np.median(distance) / at_rates.spread(before)),
        metric=None if metric is None else float(metric(x)),
    )


def _arrays(x: Any) -> Any:
    return tf.nest.map_structure(np.asarray, x)
