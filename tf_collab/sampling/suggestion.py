"""Which layer, how many steps, which rate: measured on the GAN at hand.

D's own score can be gamed, and here D both refines and judges: a large gain may be a
sample that only D likes. Choose among good rows by a metric on held-out data.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import base, checks, names, seeds, tensors
from tf_collab.sampling import refinement, walking

__all__ = ["Row", "suggest_rate", "sweep", "table"]


class Row(NamedTuple):
    """What refining at one layer, with one rate and so many steps, does."""

    layer: int | str
    rate: float
    steps: int
    raw: float  # mean energy of plain samples
    refined: float  # mean energy of the same samples, refined
    gain: float  # raw - refined
    improved: float  # share of samples whose energy fell
    moved: float  # median distance between raw and refined x, over the spread of raw x


def suggest_rate(
    gan: base.GAN,
    make_policy: Callable[[float], base.Policy],
    *,
    layer: int | str,
    real: base.Scored,
    share: float = 0.02,
    n: int = 256,
    seed: int | tf.Tensor = 0,
    hold: Collection[str | int] = (),
) -> float:
    """The rate whose first step moves the median sample by `share` of the spread.

    The spread is the root mean square distance of the layer's activations from their
    mean, over n samples. `make_policy` is a policy's constructor, such as
    `policies.adam`; `hold` is that of `refine`. At 2 % a step, ten to fifty steps cross
    the space between samples.

    Examples:
        >>> rate = tc.sampling.suggest_rate(gan, tc.policies.adam, layer=0, real=real)
        >>> refine = tc.sampling.refine(gan, tc.policies.adam(rate), layer=0, steps=20)
        >>> 0 < rate < 1
        True
    """
    checks.cuttable(gan.generator)
    if not callable(make_policy):
        raise ValueError(
            "make_policy makes a policy of a rate, as policies.adam does, not "
            f"{type(make_policy).__name__}"
        )
    if not share > 0:
        raise ValueError(f"share is a positive number, not {share}")
    at = names.layer_of(gan.generator, layer)
    h = gan.generator.encode(gan.prior(n, seeds.as_seed(seed)), to=at)
    moving, grads, gap = _gradients(gan, h, at, real, hold)

    def first_step(rate):
        policy = make_policy(rate)
        steps = [
            policy.update(g, policy.init(v), gap=gap)[0] for g, v in zip(grads, moving)
        ]
        return np.median(np.linalg.norm(_rows(steps), axis=1))

    target, rate = share * _spread(_rows(moving)), 1.0
    if not target > 0:
        raise ValueError(f"the generator's layer {layer} is the same for every latent")
    # Once is exact for a step proportional to the rate, as all policies here take.
    for _ in range(20):
        step = first_step(rate)
        if not (np.isfinite(step) and step > 0):
            raise ValueError(
                f"the first step at layer {layer} has length {step} for the median "
                "sample, so no rate can be told: is the discriminator saturated?"
            )
        if abs(step / target - 1) < 1e-3:
            break
        rate *= float(target / step)
    return rate


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
    hold: Collection[str | int] = (),
) -> list[Row]:
    """Refines the same n samples in every way; picks the best point, as `refine` does.

    Without `rates`, each layer gets a half, one and two times its suggested one. Cost:
    each pair of layer and rate takes `max(steps)` steps, and holds that many batches.
    """
    if not layers or not steps or (rates is not None and not rates):
        raise ValueError("sweep needs at least one of each of layers, steps and rates")
    seed = seeds.as_seed(seed)
    rows = []
    for layer in layers:
        chosen = rates
        if chosen is None:
            rate = suggest_rate(
                gan, make_policy, layer=layer, real=real, n=n, seed=seed, hold=hold
            )
            chosen = [rate / 2, rate, 2 * rate]
        for rate in chosen:
            walk = refinement.trajectory(
                gan, make_policy(rate), layer=layer, steps=max(steps), hold=hold
            )
            visited = walk(gan.prior(n, seed), real)
            rows += [_row(gan, visited, layer, rate, k) for k in steps]
    return rows


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown, the largest gain first."""
    lines = [
        "| layer | rate | steps | raw energy | refined | gain | improved | moved |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for r in sorted(rows, key=lambda row: -row.gain):
        lines.append(
            f"| {r.layer} | {r.rate:.3g} | {r.steps} | {r.raw:.3f} | {r.refined:.3f} "
            f"| {r.gain:.3f} | {r.improved:.0%} | {r.moved:.2f} |"
        )
    return "\n".join(lines) + "\n"


def _row(gan, visited, layer, rate, steps):
    scores = visited.score[: steps + 1]
    energy = np.stack([gan.objective.energy(score).numpy() for score in scores])
    energy = np.asarray(energy, "float64")
    raw = energy[0]
    # The first of least energy; a point that is not finite is never picked.
    finite = np.isfinite(energy) & np.isfinite(scores.numpy())
    best = np.where(finite, energy, np.inf).argmin(axis=0)
    refined = np.take_along_axis(energy, best[None], axis=0)[0]
    floats = [leaf for leaf in tf.nest.flatten(visited.x) if leaf.dtype.is_floating]
    at = [leaf.numpy()[best, np.arange(len(best))] for leaf in floats]
    before = _rows([leaf[0] for leaf in floats])
    distance = np.linalg.norm(_rows(at) - before, axis=1)
    return Row(
        layer,
        float(rate),
        steps,
        raw=float(raw.mean()),
        refined=float(refined.mean()),
        gain=float((raw - refined).mean()),
        improved=float((refined < raw).mean()),
        moved=float(np.median(distance) / _spread(before)),
    )


def _gradients(gan, h, layer, real, hold):
    """The leaves that move, the gradients of each sample's energy, and ladam's gap."""
    h, on = walking.ground(gan, layer, hold, h)
    grads, (_, score, _) = on.slope(h)
    pairs = [(v, g) for v, g in zip(on.leaves(h), grads) if g is not None]

    def gap():
        mean = walking.real_probability(gan, real)
        return mean - tf.sigmoid(gan.log_ratio(score))

    return *zip(*pairs), gap


def _rows(leaves):
    """`[batch, size]`, all leaves of a sample side by side."""
    flat = [tensors.flatten(tf.cast(leaf, tf.float64)) for leaf in leaves]
    return tf.concat(flat, axis=1).numpy()


def _spread(rows):
    return float(np.sqrt(np.mean(np.sum((rows - rows.mean(axis=0)) ** 2, axis=1))))
