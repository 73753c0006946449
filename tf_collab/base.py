"""The shared vocabulary: every other module speaks in these types.

Shapes: `batch` is the number of samples, `*data` the shape of one sample, `*act` that
of one activation. x, z and h may be structures (a latent and a label, for example);
axis 0 is the batch in every leaf.
A score is D's raw output for a sample; scores are always `[batch]`.
A seed is a `[2]` int32 tensor, see `seeds`.
A state is a NamedTuple of tensors, or `()`; a step returns the structure that it takes.
An info is a dict of tensors, `[batch]` or `[]`, with the same keys at every step.

The Protocol classes say what a function takes and what it returns. Any function that
can be called that way will do; its positional arguments may have other names.
"""

import contextlib
import math
from collections.abc import Callable, Collection
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf

from tf_collab import batchwise, errors, fingerprints, tensors

__all__ = [
    "GAN",
    "Acceptor",
    "AcceptorInit",
    "AcceptorStep",
    "DiscriminatorLoss",
    "Doubt",
    "GeneratorLoss",
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


# Of an array D scores so many rows at once, or more of them while they are as small.
ROWS, NUMBERS = 256, 2**18


class Doubt(UserWarning):
    """A warning of something that works but is likely a mistake, in one sentence.

    `warnings.simplefilter("error", tc.Doubt)` turns them all into errors.
    """


class Scored(NamedTuple):
    """Samples and D's score of each."""

    x: Any  # [batch, *data]
    score: tf.Tensor  # [batch]

    def checked(self) -> "Scored":
        """The same samples, with the score NaN wherever x is not finite.

        No acceptor keeps a sample whose score is NaN.
        """
        score = tf.where(tensors.finite(self.x), self.score, float("nan"))
        return self._replace(score=score)

    def __repr__(self) -> str:
        return f"Scored(x {tensors.described(self.x)}, score {np.shape(self.score)})"


class Verdict(NamedTuple):
    """Samples, D's score of each, and which of them to keep."""

    x: Any  # [batch, *data]
    score: tf.Tensor  # [batch]
    keep: tf.Tensor  # [batch] bool


class ScoreMap(Protocol):
    """A function of scores: an energy, a log ratio, a log density."""

    def __call__(self, score: tf.Tensor, /) -> tf.Tensor:
        """score [batch] -> [batch] float32; entry i depends on score i alone."""


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

        The function calls `discriminator(x, training=True)` on reals and on fakes
        [batch, *data] separately. `step` counts the steps of this loop, for schedules;
        `previous` is the batch of fakes of the step before, where the caller keeps it.
        """


class GeneratorLoss(Protocol):
    """How G learns, where it is not by the mean energy of its samples."""

    def __call__(
        self, discriminator: Callable[..., tf.Tensor], real: Any, fake: Any, /
    ) -> tf.Tensor:
        """The loss [] that G descends; it calls `discriminator(x, training=True)`."""


class Objective(NamedTuple):
    """What a score means, and how D learns to give it.

    G's loss is the mean energy of its samples, unless there is one of its own;
    refinement descends the same energy, sample by sample.
    """

    discriminator_loss: DiscriminatorLoss
    energy: ScoreMap  # low for what looks real
    log_ratio: ScoreMap | None  # log p_real / p_fake; None if D gives no ratio
    # Whether that is all of the ratio's log; False: all but a constant, the same for
    # all samples. What compares samples does not feel it, a probability does.
    offset_known: bool = True
    generator_loss: GeneratorLoss | None = None

    @property
    def knows_ratio(self) -> bool:
        """Whether the score alone gives the log ratio, with its constant."""
        return self.log_ratio is not None and self.offset_known


class LatentDraw(Protocol):
    """Where z comes from: all that a GAN needs of its prior."""

    def __call__(self, n: Any, seed: tf.Tensor, /) -> Any:
        """z [n, ...], or a structure of such tensors; n is a number or a tensor []."""


class Prior(NamedTuple):
    """A law of latents that can be drawn from, `prior(n, seed)`, and knows its density.

    A plain function `(n, seed) -> z` also serves as a prior wherever z is only drawn.
    """

    draw: LatentDraw
    # z [batch, ...] -> [batch], the log density of each z; -inf outside of the support
    log_density: ScoreMap | None = None
    # z -> the nearest z of the support; None where that is all of space
    clip: Callable[[Any], Any] | None = None
    # independent standard normals of z's shape -> z of this law, and back
    from_normal: Callable[[Any], Any] | None = None
    to_normal: Callable[[Any], Any] | None = None
    # its function in `priors`, its shape and its numbers, which a file can tell; of
    # `labelled` the spec of z, which may be None, and its options
    spec: tuple[str, Any, tuple[Any, ...]] | None = None

    def __call__(self, n: Any, seed: tf.Tensor) -> Any:
        """z [n, ...]."""
        return self.draw(n, seed)


class _GAN(NamedTuple):
    generator: Any  # encode, decode, depth: see models.LayeredModel
    discriminator: Any  # x [batch, *data] -> score [batch]
    prior: LatentDraw
    objective: Objective
    # score -> log ratio, used in place of the objective's own; or a map for each label
    calibrator: ScoreMap | None = None
    # D's batch-norm uses the statistics of each batch outside of training too; the
    # rest of D, such as Dropout, is in inference mode
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
        """score [batch] -> log p_real / p_fake [batch].

        The calibrator's, else the objective's. Raises ValueError if neither has one.
        """
        if self.calibrator is not None:
            return self.calibrator
        if self.objective.log_ratio is not None:
            return self.objective.log_ratio
        raise ValueError(
            "this objective's score is not a density ratio; fit a calibrator on "
            "held-out scores and give it as gan._replace(calibrator=...)"
        )

    @property
    def log_odds(self) -> ScoreMap:
        """`log_ratio`, for what asks for a probability, and so for its constant.

        Raises ValueError if neither the objective nor a calibrator tells that.
        """
        ratio = self.log_ratio
        fixed = getattr(self.calibrator, "fixes_offset", self.calibrator is not None)
        if not (self.objective.offset_known or fixed):
            raise ValueError(
                "this objective's score tells the log ratio up to a constant, which a "
                "probability of D (stop, ladam, dgflow but by kl) needs: fit a "
                "calibrator with an offset, as platt, on held-out scores and give it "
                "as gan._replace(calibrator=...)"
            )
        return ratio

    def log_ratio_of(self, scored: Scored) -> tf.Tensor:
        """log p_real / p_fake [batch] of samples, as samplers ask for it.

        It is `log_ratio(scored.score)`, unless the calibrator has a map for each label:
        then the labels beside x choose. Raises ValueError if there are none.
        """
        by_label: Any = self.calibrator
        if getattr(by_label, "needs_label", False):
            return by_label(scored.score, tensors.label(scored.x))
        return self.log_ratio(scored.score)

    def scored(self, x: Any) -> Scored:
        """x [batch, *data] with D's scores [batch], in inference mode.

        With `batch_statistics` batch-norm uses the statistics of x. The score is NaN
        where x is not finite, because D may turn a NaN into a number. Raises ValueError
        if D cannot take x, or if D returns another shape than `[batch]`.
        NumPy arrays are scored some rows at a time, unless D looks at the whole batch.
        """
        d = self.discriminator
        by_batch = self.batch_statistics and batchwise.normalised(d)
        with (
            by_batch or contextlib.nullcontext(),
            errors.explained(d, x, name="discriminator"),
        ):
            parts = [x] if self.batch_statistics else _parts(x)
            scores = [d(part, training=False) for part in parts]
        score = scores[0] if len(scores) == 1 else tf.concat(scores, axis=0)
        if score.shape.rank != 1:  # [batch, 1] would broadcast to [batch, batch]
            raise ValueError(
                f"a score is [batch], and this discriminator gives {score.shape}: "
                "wrap it in models.scorer"
            )
        scored = Scored(x, tf.cast(score, tf.float32)).checked()
        fingerprints.remember(scored.score, d)
        return scored

    def __repr__(self) -> str:
        names = [type(part).__name__ for part in (self.generator, self.discriminator)]
        told = "no log ratio" if self.objective.log_ratio is None else "a log ratio"
        told += "" if self.objective.offset_known else " up to a constant"
        told = told if self.calibrator is None else "a calibrator"
        return f"GAN(generator {names[0]}, discriminator {names[1]}, {told})"


def _parts(x: Any) -> list[Any]:
    """Rows of NumPy arrays, so many at a time; a tensor as it is."""
    leaves = tf.nest.flatten(x)
    if not leaves or not all(isinstance(v, np.ndarray) and v.ndim for v in leaves):
        return [x]
    row = sum(math.prod(leaf.shape[1:]) for leaf in leaves)
    return [
        tf.nest.map_structure(lambda leaf, rows=rows: leaf[rows], x)
        for rows in tensors.slices(len(leaves[0]), max(ROWS, NUMBERS // max(row, 1)))
    ] or [x]


class PolicyInit(Protocol):
    """Begins a roll-out."""

    def __call__(self, h: tf.Tensor, /) -> Any:
        """h [batch, *act] -> state, whose leaves have a row for each sample."""


class PolicyUpdate(Protocol):
    """One move of a roll-out."""

    def __call__(
        self, grad: tf.Tensor, state: Any, /, *, gap: Callable[[], tf.Tensor]
    ) -> tuple[tf.Tensor, Any]:
        """(gradient of each sample's energy [batch, *act], state) -> (delta, state).

        `delta` [batch, *act] is added to the activation. `gap()` is [batch]: the mean
        probability that D gives to reals, minus the probability that D gives to the
        sample. Only policies with `needs_ratio` call it.
        """


class Policy(NamedTuple):
    """How an activation moves: an (init, update) pair; every roll-out calls init."""

    init: PolicyInit
    update: PolicyUpdate
    needs_ratio: bool = False  # update calls gap, which needs a log ratio


class ProposerInit(Protocol):
    """Begins to propose."""

    def __call__(self, seed: tf.Tensor, z: Any, real: Scored, /) -> Any:
        """The state; `real` is held-out data with the scores of the proposer's D."""


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
    together: bool = False  # a candidate depends on the other latents of its batch


class AcceptorInit(Protocol):
    """Begins to judge."""

    def __call__(self, seed: tf.Tensor, candidates: Scored, real: Scored, /) -> Any:
        """The state; `candidates` is a burn-in or a batch.

        The x of a burn-in is None, or (None, label) where latents have labels. `real`
        is held-out data with the scores of the acceptor's D.
        """


class AcceptorStep(Protocol):
    """Judges a batch of candidates."""

    def __call__(
        self, seed: tf.Tensor, candidates: Scored, state: Any, /
    ) -> tuple[Verdict, Any, dict[str, tf.Tensor]]:
        """(seed, candidates, state) -> (a verdict on every row, state, info).

        Row i of the verdict is a candidate of row i, from this step or an earlier one;
        or of its group, where the acceptor judges rows in groups.
        """


class Acceptor(NamedTuple):
    """Decides which candidates to keep."""

    init: AcceptorInit
    step: AcceptorStep
    burn_in: int = 0  # candidates for init: thrown away, but counted as proposed
    thin: int = 1  # at most one in `thin` candidates is kept
    judge: GAN | None = None  # the GAN whose log ratio is used, if any
    # So many rows are judged together, and one of them is kept at most, in the first
    # row; groups are independent of each other.
    group: int = 1


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
    burn_in: int = 0  # number of latents for init
    thin: int = 1  # at most one in `thin` candidates is kept
    guide: GAN | None = None  # the proposer's
    judge: GAN | None = None  # the acceptor's
    group: int = 1  # rows that are judged together, one of which is kept at most
