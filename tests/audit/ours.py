"""Samplers of the library on the laws of the audit, as `(n, seed) -> x [n]`."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from audit import choices, targets

from tf_collab import GAN, Scored, base, calibrators, sampling, seeds
from tf_collab.cpu import compilation

__all__ = [
    "batch_normed",
    "calibrated",
    "jumping",
    "normalised",
    "platt",
    "rejected",
    "walked",
]

NO_REALS = Scored(None, tf.zeros([1]))  # walks ask none


def _column(x: np.ndarray) -> tf.Tensor:
    return tf.constant(x[:, None], tf.float32)


def _drawn(gan, acceptor, real, n, seed):
    """Those of G's samples that the acceptor keeps."""
    sampler = sampling.compose(sampling.direct(gan), acceptor)
    found = sampling.draw(sampler, gan.prior, n, real=real, batch=n, seed=seed)
    return found.x[:, 0]


def walked(
    target: targets.Normals, start: Callable, walk: str, n: int, seed: int, **options
) -> np.ndarray:
    """The ends of walks from `start`, data or samples of G, by a sampler's name."""
    gan = targets.gan_of(target)
    proposer = getattr(sampling, walk)(gan, **options)

    @compilation.graph
    def step(z: tf.Tensor) -> tf.Tensor:
        init_seed, step_seed = seeds.split(seeds.as_seed(seed))
        state = proposer.init(init_seed, z, NO_REALS)
        return proposer.step(step_seed, z, state)[0].x

    return step(_column(start(n, np.random.default_rng(seed)))).numpy()[:, 0]


def rejected(target: targets.Normals, percentile: float | None, n: int, seed: int):
    """DRS, which is told the largest log ratio by a real."""
    gan = targets.gan_of(target)
    burn_in = 1 if percentile is None else 200_000
    acceptor = sampling.drs(gan, percentile=percentile, burn_in=burn_in)
    real = Scored(None, tf.constant([choices.bound(target)], tf.float32))
    return _drawn(gan, acceptor, real, n, seed)


def _chains(gan, reals, n, seed):
    """MH-GAN's chains after 60 proposals, from the scores of reals x [m]."""
    real = gan.scored(_column(reals))
    acceptor = sampling.mhgan(gan, thin=60)
    return _drawn(gan, acceptor, real, n, seed)


def platt(score, reals: np.ndarray, fakes: np.ndarray) -> base.ScoreMap:
    """Platt's map of scores of reals against scores of fakes, both x [m]."""
    return calibrators.platt(score(reals), score(fakes))


def calibrated(
    target: targets.Rise, score, reals: np.ndarray, fakes: np.ndarray, n: int, seed: int
):
    """MH-GAN by D's scores, in NumPy, calibrated on reals against fakes, both x [m]."""

    def told(x: tf.Tensor, training: bool) -> tf.Tensor:
        given = lambda x: score(x).astype("float32")
        return tf.ensure_shape(tf.numpy_function(given, [x], tf.float32), x.shape)

    gan = targets.gan_of(target, told, platt(score, reals, fakes))
    return _chains(gan, reals, n, seed)


def batch_normed(target: targets.Normals, mean: float, std: float) -> GAN:
    """A GAN whose D begins with batch-norm and is the ratio in inference mode."""
    norm = keras.layers.BatchNormalization(epsilon=0.0)
    norm.build([None, 1])
    norm.set_weights([np.array([value]) for value in (std, mean, mean, std**2)])

    def score(x: tf.Tensor, training: bool) -> tf.Tensor:
        return target.logit(norm(x[:, None], training=training)[:, 0])

    return targets.gan_of(target, score)


def normalised(target: targets.Normals, mean: float, std: float, n: int, seed: int):
    """MH-GAN by that D; chains start at reals on a grid."""
    return _chains(batch_normed(target, mean, std), np.linspace(-2, 2, 50), n, seed)


def jumping(
    target: targets.Normals, n: int, seed: int, *, rate: float, sweeps: int
) -> np.ndarray:
    """Steps of `isir`, and after each three of `mala`, which looks where it begins."""
    gan = targets.gan_of(target)
    jump, walk = sampling.isir(gan), sampling.mala(gan, rate=rate, steps=3, warm_up=0)
    group = jump.group

    @compilation.graph
    def sweep(seed, state):
        draw_seed, jump_seed, walk_seed = seeds.split(seed, 3)
        fresh = gan.scored(gan.prior(n * group, draw_seed))
        _, state, _ = jump.step(jump_seed, fresh, state)
        there, _, _ = walk.step(walk_seed, state.x, rates)
        return state._replace(
            x=there.x, score=there.score, logit=gan.log_ratio_of(there)
        )

    init_seed, *every = seeds.split(seeds.as_seed(seed), sweeps + 1)
    start = gan.scored(_column(target.draw(n, np.random.default_rng(seed))))
    state = sampling.ResamplingState(*start, gan.log_ratio_of(start))
    rates = walk.init(init_seed, start.x, NO_REALS)  # without a warm-up, the rate alone
    for step_seed in every:
        state = sweep(step_seed, state)
    return state.x.numpy()[:, 0]
