"""The shared vocabulary: every other module speaks in these types.

Shapes: `batch` samples, `*data` of one sample, `*act` of one activation. x, z and h
may be structures (a latent and a label); axis 0 is the batch in every leaf.
A score is what D says of a sample, raw; scores are always `[batch]`.
A seed is a `[2]` int32 tensor, see `seeds`.
A state is a NamedTuple of tensors, or `()`; it goes in and comes out alike.
An info is a dict of tensors, `[batch]` or `[]`, with the same keys at every step.

The Protocol classes say what a function is given and gives: any function that is called
so will do, and its arguments may have other names where they are handed over by place.
"""

import contextlib
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, Protocol

import tensorflow as tf

from tf_collab import batchwise, errors, tensors

__all__ = [
    "GAN",
    "Acceptor",
    "AcceptorInit",
    "AcceptorStep",
    "DiscriminatorLoss",
    "Doubt",
    "LatentDraw",
    "Objective",
    "Policy",
    "PolicyInit",
    "PolicyUpdate",
    "Prior",
    "Proposer",
    "ProposerInit",
    "ProposerStep",
    "Sampler",
    "SamplerStep",
    "ScoreMap",
    "Scored",
    "Verdict",
]


class Doubt(UserWarning):
    """What works and is likely meant otherwise, in one sentence.

    `warnings.simplefilter("error", tc.Doubt)` makes errors of them all.
    """


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


class ScoreMap(Protocol):
    """What something makes of scores, one by one."""

    def __call__(self, score: tf.Tensor, /) -> tf.Tensor:
        """score [batch] -> [batch] float32, each of its own score alone."""


class DiscriminatorLoss(Protocol):
    """How D learns."""

    def __call__(
        self,
        discriminator: Callable[..., tf.Tensor],
        real: Any,
        fake: Any,
        *,
        seed: tf.Tensor,
        step: tf.Tensor,
        previous: Any = None,
    ) -> tf.Tensor:
        """The loss [] that D descends.

        It asks `discriminator(x, training=True)`, for reals and fakes [batch, *data]
        apart. `step` counts the steps of this loop, for what changes while D learns;
        `previous` are the fakes of the step before, where the caller keeps them.
        """


class Objective(NamedTuple):
    """What a score means, and how D learns to give it.

    G's loss is the mean energy of its samples; refinement descends the same energy,
    sample by sample.
    """

    discriminator_loss: DiscriminatorLoss
    energy: ScoreMap  # low for what looks real
    log_ratio: ScoreMap | None  # log p_real / p_fake; None if D gives no ratio


class LatentDraw(Protocol):
    """Where z comes from: what a GAN needs of its prior."""

    def __call__(self, n: Any, seed: tf.Tensor, /) -> Any:
        """z [n, ...], or a structure of such; n is a number or a tensor []."""


class Prior(NamedTuple):
    """A law of latents that also knows its density; it is called as it draws.

    A plain function `(n, seed) -> z` is a prior too, for all that only draws.
    """

    draw: LatentDraw
    # z [batch, ...] -> [batch], the log density of each z; -inf outside of the support
    log_density: ScoreMap | None = None
    # z -> the nearest z of the support; None where that is all of space
    clip: Callable[[Any], Any] | None = None
    # independent standard normals of z's shape -> z of this law
    from_normal: Callable[[Any], Any] | None = None
    # the name of its function in `priors`, and its arguments: a file can tell them
    spec: tuple[str, dict[str, Any]] | None = None

    def __call__(self, n: Any, seed: tf.Tensor) -> Any:
        """z [n, ...]."""
        return self.draw(n, seed)


class _GAN(NamedTuple):
    generator: Any  # encode, decode, depth: see models.LayeredModel
    discriminator: Any  # x [batch, *data] -> score [batch]
    prior: LatentDraw
    objective: Objective
    # to the log ratio, better than the objective's own
    calibrator: ScoreMap | None = None
    # D's batch-norm takes each batch's own statistics outside of training too; the
    # rest of D, Dropout say, is in inference mode
    batch_statistics: bool = False
    # leaves of G's activations, by name, field or index, that never move, as labels
    hold: Collection[str | int] = ()
    # sentences: what was taken for granted when the GAN was made
    assumed: tuple[str, ...] = ()


class GAN(_GAN):
    """A generator that can be cut, a discriminator, a prior and an objective.

    Examples:
        >>> g = tc.models.MLPGenerator(nhidden=8, nlayers=3)
        >>> d = tc.models.MLPDiscriminator(nhidden=8, nlayers=2)
        >>> gan = tc.GAN(g, d, tc.priors.normal(2), tc.objectives.nsgan())
        >>> gan.scored(g(gan.prior(5, (0, 1)))).score.shape
        TensorShape([5])
    """

    __slots__ = ()

    @property
    def log_ratio(self) -> ScoreMap:
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
            errors.explained(d, x, name="discriminator"),
        ):
            score = d(x, training=False)
        if score.shape.rank != 1:  # [batch, 1] would broadcast to [batch, batch]
            raise ValueError(
                f"a score is [batch], and this discriminator gives {score.shape}: "
                "wrap it in models.scorer"
            )
        return Scored(x, tf.cast(score, tf.float32)).checked()


class PolicyInit(Protocol):
    """Begins a roll-out."""

    def __call__(self, h: tf.Tensor, /) -> Any:
        """h [batch, *act] -> state."""


class PolicyUpdate(Protocol):
    """One move of a roll-out."""

    def __call__(
        self, grad: tf.Tensor, state: Any, /, *, gap: Callable[[], tf.Tensor]
    ) -> tuple[tf.Tensor, Any]:
        """The gradient of each sample's energy [batch, *act] -> (delta alike, state).

        `gap()` is [batch], the mean probability of reals less the sample's own. It is
        called only by policies that say `needs_ratio`.
        """


class Policy(NamedTuple):
    """How an activation moves: an (init, update) pair, fresh on every roll-out."""

    init: PolicyInit
    update: PolicyUpdate
    needs_ratio: bool = False


class ProposerInit(Protocol):
    """Begins to propose."""

    def __call__(self, seed: tf.Tensor, z: Any, real: Scored, /) -> Any:
        """The state; `real` are held-out data with the score of the proposer's D."""


class ProposerStep(Protocol):
    """Proposes a candidate for each latent."""

    def __call__(
        self, seed: tf.Tensor, z: Any, state: Any, /
    ) -> tuple[Scored, Any, dict[str, tf.Tensor]]:
        """(seed, z [batch, ...], state) -> (candidates [batch, *data], state, info)."""


class Proposer(NamedTuple):
    """Turns latents into candidates."""

    init: ProposerInit
    step: ProposerStep
    guide: GAN | None = None  # whose D moves samples, where one does
    pick: str | None = None  # the point of its path that refinement proposes


class AcceptorInit(Protocol):
    """Begins to judge."""

    def __call__(self, seed: tf.Tensor, candidates: Scored, real: Scored, /) -> Any:
        """The state; `candidates` are a burn-in, whose x may be None, or a batch."""


class AcceptorStep(Protocol):
    """Judges a batch of candidates."""

    def __call__(
        self, seed: tf.Tensor, candidates: Scored, state: Any, /
    ) -> tuple[Verdict, Any, dict[str, tf.Tensor]]:
        """(seed, candidates, state) -> (a verdict on every row, state, info).

        Row i gives a candidate of row i, of this step or one before.
        """


class Acceptor(NamedTuple):
    """Decides which candidates to keep."""

    init: AcceptorInit
    step: AcceptorStep
    burn_in: int = 0  # candidates that init wants: thrown away, counted as proposed
    thin: int = 1  # at most one in so many candidates is kept
    judge: GAN | None = None  # by whose log ratio, where by one


class SamplerStep(Protocol):
    """Proposes and judges."""

    def __call__(
        self, seed: tf.Tensor, z: Any, state: Any, /
    ) -> tuple[Verdict, Any, dict[str, tf.Tensor]]:
        """(seed, z [batch, ...], state) -> (a verdict on every row, state, info)."""


class Sampler(NamedTuple):
    """A proposer and an acceptor, joined by `sampling.compose`."""

    init: ProposerInit
    step: SamplerStep
    burn_in: int = 0  # latents that init wants
    thin: int = 1  # at most one in so many candidates is kept
    guide: GAN | None = None  # the proposer's
    judge: GAN | None = None  # the acceptor's
