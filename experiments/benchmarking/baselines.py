"""What samplers are compared with, and what nobody is advised to take."""

import math
from typing import Any

import tensorflow as tf

import tf_collab as tc
from tf_collab import base, sampler_dials, tables

__all__ = ["AS", "BASELINES", "TRUNCATED", "best", "is_one", "truncation"]

AS = "truncated as "  # begins the name of the baseline of a walk
LEAST = 1e-3  # at which normals are truncated


def best(gan: base.GAN, options: Any) -> base.Acceptor:
    """Keeps of every `options.best_of` samples the one of least energy."""
    group = options.best_of

    def init(seed: tf.Tensor, candidates: base.Scored, real: base.Scored) -> tuple[()]:
        del seed, candidates, real
        return ()

    def step(
        seed: tf.Tensor, candidates: base.Scored, state: tuple[()]
    ) -> tuple[base.Verdict, tuple[()], dict[str, tf.Tensor]]:
        del seed
        energy = gan.objective.energy(candidates.score)
        energy = tf.where(tf.math.is_finite(energy), energy, float("inf"))
        least = tf.argmin(tf.reshape(energy, [-1, group]), axis=1, output_type=tf.int32)
        at = least + group * tf.range(tf.size(least))
        keep = tf.scatter_nd(at[:, None], tf.ones_like(at), tf.shape(energy)) > 0
        keep &= tf.math.is_finite(energy)
        return base.Verdict(candidates.x, candidates.score, keep), state, {}

    return base.Acceptor(init, step, judge=gan, group=group)


def truncation(norm: float) -> float:
    """Where to truncate standard normals so that `norm` is their mean square.

    Raises ValueError unless `norm` is above 0 and below 1.
    """
    if not 0 < norm < 1:
        raise ValueError("the walk does not shrink its latents")
    low, high = LEAST, 10.0
    for _ in range(60):
        at = (low + high) / 2
        inside = math.erf(at / math.sqrt(2))
        density = math.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)
        low, high = (low, at) if 1 - 2 * at * density / inside > norm else (at, high)
    return at


def _row(**own: Any) -> tables.SamplerRow:
    usual: dict[str, Any] = {
        "judge": "calibrated",
        "chain": False,
        "needs_ratio": False,
        "flags": (),
        "usual": False,
        "first": False,
        "proposer": tables.plain,
        "words": lambda options: "",
    }
    return tables.SamplerRow(**usual | own)


# As rows of `tables.SAMPLERS`; their seeds are beyond those of the table.
BASELINES = {
    "best": _row(
        about="the sample of a pool that D likes best",
        paper="",
        seed=2000,
        colour="#AA4499",
        acceptor=best,
        dial=sampler_dials.chosen("best_of", most=1000),
    ),
    "hastings afresh": _row(
        about="chains that begin anew for each sample, so that none resembles another",
        paper="Turner et al., 2019, arXiv:1811.11357",
        seed=2002,
        chain=True,
        needs_ratio=True,
        colour="#0072B2",
        acceptor=lambda gan, options: tc.sampling.mhgan(
            gan, thin=options.mh_thin, restart=True
        ),
        dial=sampler_dials.chained("mh_thin", most=100_000),
    ),
}
TRUNCATED = _row(
    about="plain samples of latents cut off, as short as those of a walk",
    paper="Brock et al., 2019, arXiv:1809.11096",
    seed=2001,
    colour="#888888",
    acceptor=lambda gan, options: tc.sampling.always(),
    dial=sampler_dials.forever(),
)


def is_one(name: str) -> bool:
    """Whether a sampler of that name is a baseline, of a walk or of its own."""
    return name in BASELINES or name.startswith(AS)
