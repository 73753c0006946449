"""The shared vocabulary: every other module speaks in these types.

Shapes: `batch` samples, `*data` of one sample, `*act` of one activation. x, z and h
may be structures (a latent and a label); axis 0 is the batch in every leaf.
A score is what D says of a sample, raw; scores are always `[batch]`.
A seed is a `[2]` int32 tensor, see `seeds`.
A state is a NamedTuple of tensors, or `()`; it goes in and comes out alike.
An info is a dict of tensors, `[batch]` or `[]`, with the same keys at every step.
"""

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab import batchwise, misfits, tensors

__all__ = [
    "GAN",
    "Acceptor",
    "Objective",
    "Policy",
    "Proposer",
    "Sampler",
    "Scored",
    "Verdict",
]


class Scored(NamedTuple):
    """Samples and what D says of them."""

    x: Any  # [batch, *data]
    score: tf.Tensor  # [batch]

    def checked(self) -> "Scored":
        """The same with a score of NaN, which nobody accepts, where x is not finite."""
        score = tf.where(tensors.finite(self.x), self.score, float("nan"))
        return self._replace(score=score)


class Verdict(NamedTuple):
    """Samples, what D says of them, and which of them to keep."""

    x: Any  # [batch, *data]
    score: tf.Tensor  # [batch]
    keep: tf.Tensor  # [batch] bool


class Objective(NamedTuple):
    """What a score means, and how D learns to give it.

    G's loss is the mean energy of its samples; refinement descends the same energy,
    sample by sample.
    """

    # (discriminator, real, fake, *, seed, step, previous=None) -> []
    discriminator_loss: Callable[..., tf.Tensor]
    # score [batch] -> [batch], low for what looks real
    energy: Callable[[tf.Tensor], tf.Tensor]
    # score [batch] -> [batch], log p_real / p_fake; None if D gives no ratio
    log_ratio: Callable[[tf.Tensor], tf.Tensor] | None


class _GAN(NamedTuple):
    generator: Any  # encode, decode, depth: see models.LayeredModel
    discriminator: Any  # x [batch, *data] -> score [batch]
    prior: Callable[[Any, tf.Tensor], Any]  # (n, seed) -> z [n, ...]
    objective: Objective
    # score [batch] -> log ratio [batch], better than the objective's own
    calibrator: Callable[[tf.Tensor], tf.Tensor] | None = None
    # D's batch-norm takes each batch's own statistics outside of training too; the
    # rest of D, Dropout say, is in inference mode
    batch_statistics: bool = False


class GAN(_GAN):
    """A generator that can be cut, a discriminator, a prior and an objective."""

    __slots__ = ()

    @property
    def log_ratio(self) -> Callable[[tf.Tensor], tf.Tensor]:
        """score -> log p_real / p_fake: the calibrator's, else the objective's."""
        if self.calibrator is not None:
            return self.calibrator
        if self.objective.log_ratio is not None:
            return self.objective.log_ratio
        raise ValueError(
            "this objective's score is not a density ratio; fit a calibrator on "
            "held-out scores and give it as gan._replace(calibrator=...)"
        )

    def scored(self, x: Any) -> Scored:
        """x [batch, *data] with D's scores, in inference mode or by this batch.

        NaN where x is not finite, whatever D says: it may well make a number of NaN.
        ValueError if D cannot take x or gives another shape than `[batch]`.
        """
        d = self.discriminator
        by_batch = self.batch_statistics and batchwise.normalised(d)
        with (
            by_batch or contextlib.nullcontext(),
            misfits.explained(d, x, name="discriminator"),
        ):
            score = d(x, training=False)
        if score.shape.rank != 1:  # [batch, 1] would broadcast to [batch, batch]
            raise ValueError(
                f"a score is [batch], and this discriminator gives {score.shape}: "
                "wrap it in models.scorer"
            )
        return Scored(x, tf.cast(score, tf.float32)).checked()


class Policy(NamedTuple):
    """How an activation moves: an (init, update) pair, fresh on every roll-out."""

    init: Callable[[tf.Tensor], Any]  # h [batch, *act] -> state
    # (grad [batch, *act], state, *, gap) -> (delta [batch, *act], state); gap() is
    # [batch], the mean probability of reals less the sample's own
    update: Callable[..., tuple[tf.Tensor, Any]]
    needs_ratio: bool = False


class Proposer(NamedTuple):
    """Turns latents into candidates."""

    init: Callable[..., Any]  # (seed, z, real: Scored) -> state
    step: Callable[..., tuple[Scored, Any, dict]]  # (seed, z, state)


class Acceptor(NamedTuple):
    """Decides which candidates to keep."""

    init: Callable[..., Any]  # (seed, candidates: Scored, real: Scored) -> state
    step: Callable[..., tuple[Verdict, Any, dict]]  # (seed, candidates, state)
    burn_in: int = 0  # candidates that init wants: thrown away, counted as proposed
    thin: int = 1  # at most one in so many candidates is kept


class Sampler(NamedTuple):
    """A proposer and an acceptor, joined by `sampling.compose`."""

    init: Callable[..., Any]  # (seed, z, real: Scored) -> state
    step: Callable[..., tuple[Verdict, Any, dict]]  # (seed, z, state)
    burn_in: int = 0  # latents that init wants
    thin: int = 1  # at most one in so many candidates is kept
