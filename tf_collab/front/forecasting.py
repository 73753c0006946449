"""What acceptors will keep of a GAN's samples, from the scores of a few."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import labels

__all__ = ["Kept", "carried", "kept", "left"]

CHAINS = 5000  # or groups, that are asked side by side
OUTPUTS = 4  # of each


class Kept(NamedTuple):
    """What an acceptor keeps."""

    share: float  # of the proposals after the burn-in
    weights: np.ndarray  # [n], how often each row is kept, 1 in the mean


def kept(
    acceptor: tc.base.Acceptor, pool: tc.Scored, *, real: tc.Scored, seed: tf.Tensor
) -> Kept:
    """Asks the acceptor itself, of proposals that are rows of the pool by chance.

    So each row stands for the samples that are like it. The burn-in is the pool.
    """
    n = len(pool.score)
    known = labels.beside(pool.x)
    score = np.asarray(pool.score)
    rng = np.random.default_rng(seed.numpy().view("u4"))
    begin, on = tc.seeds.split(seed)

    def taken(rows: np.ndarray) -> tc.Scored:
        # In place of samples stand their numbers, and the labels a ratio may ask for.
        x = rows if known is None else (rows, known[rows])
        return tf.nest.map_structure(tf.convert_to_tensor, tc.Scored(x, score[rows]))

    batch = CHAINS * acceptor.group
    first = np.arange(n) if acceptor.burn_in else rng.integers(n, size=batch)
    state = acceptor.init(begin, taken(first), real)
    step = tc.cpu.graph(acceptor.step)
    counts, steps = np.zeros(n), OUTPUTS * acceptor.thin
    for i in range(steps):
        rows = taken(rng.integers(n, size=batch))
        verdict, state, _ = step(tc.seeds.fold_in(on, i), rows, state)
        numbers = tf.nest.flatten(verdict.x)[0].numpy()[verdict.keep.numpy()]
        counts += np.bincount(numbers, minlength=n)
    share = counts.sum() / (steps * batch)
    return Kept(float(share), counts / max(counts.mean(), 1e-30))


def left(log_ratio: np.ndarray, proposals: float) -> float:
    """KL in nats from the data, as D sees them, to the best choice of one in so many.

    That is obrs', of which no choice of as many is nearer by any f-divergence. Both
    laws are on the samples whose log ratios [n] these are.
    """
    d = log_ratio[np.isfinite(log_ratio)].astype(np.float64)
    acceptor = tc.sampling.obrs(_RATIO, budget=proposals)
    scored = tc.Scored(None, tf.constant(d, tf.float32))
    shift = float(acceptor.init(tc.seeds.as_seed(0), scored, scored).shift)
    data, chosen = _shares(d), _shares(np.minimum(d + shift, 0.0))
    return max(0.0, float(np.sum(data * np.log(data / chosen))))


def carried(log_ratio: np.ndarray) -> float:
    """How many samples carry the ratio: the effective size of exp(d)."""
    d = np.where(np.isfinite(log_ratio), log_ratio, -np.inf)
    return tc.metrics.effective_size(np.exp(d - d.max()))


def _shares(d: np.ndarray) -> np.ndarray:
    weights = np.exp(d - d.max())
    return np.maximum(weights / weights.sum(), 1e-300)


# Whose scores are log ratios.
_RATIO = tc.GAN(None, None, None, tc.objectives.nsgan())  # type: ignore[arg-type]
