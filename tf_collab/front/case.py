"""What the parts of a tuning share."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.data.images import epochs
from tf_collab.front import moves
from tf_collab.front.judging import Judge
from tf_collab.front.ledger import Ledger
from tf_collab.front.rows import Rows
from tf_collab.front.splits import Splits

__all__ = ["Case", "few", "layers_of"]


class Case(NamedTuple):
    """One GAN with its data, and by what it is judged."""

    gan: tc.GAN
    train: Rows  # from which D learns
    splits: Splits  # by which everything is chosen
    judge: Judge
    ledger: Ledger
    seed: int
    batch: int  # rows that D learns from at a time
    spent: Callable[[float], Any] = lambda passes: None  # is told of passes made
    flaws: tuple[str, ...] = ()  # for which no sampler is recommended
    read: dict[str, Any] | None = None  # options by which nets were read; None: a GAN

    def seed_of(self, name: str) -> tf.Tensor:
        """A seed for each use, by its name."""
        return tc.seeds.fold_in(tc.seeds.as_seed(self.seed), _number(name))

    def real(self, gan: tc.GAN, part: str = "calibrator") -> tc.Scored:
        """Held-out reals of a part, with the scores of this GAN's D."""
        return moves.scored(gan, self.splits[part].x)

    def samples(
        self, gan: tc.GAN, sampler: tc.base.Sampler, n: int, name: str
    ) -> tc.sampling.Samples:
        """n samples, of the same latents for all of one name and n."""
        seed = self.seed_of(name)
        drawn = moves.samples(sampler, gan, n, real=self.real(gan), seed=seed)
        self.spent(moves.passes(drawn))
        return drawn

    def batch_at(self, name: str) -> Callable[[Any], Any]:
        """Batches of the training rows, in an order of their own for each name."""
        seed = self.seed_of(name)
        return epochs.shuffled(self.train.x, self.batch, seed, what="training rows")

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam: as measured in the plane, or as GANs of images are trained."""
        leaves = tf.nest.flatten(self.train.x)
        if all(np.ndim(leaf) <= 2 for leaf in leaves):
            return keras.optimizers.Adam(1e-3)
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    @property
    def shown(self) -> Any:
        """Held-out rows for figures: others than those of the verdict."""
        return self.splits["dials"].x

    @property
    def layers(self) -> range:
        """The layers that are compared."""
        return layers_of(self.gan, self.train.x)

    def own(self) -> tc.GAN:
        """The GAN with a copy of D, which learns while the given one stays."""
        twin = tc.models.thaw(tc.models.copy(self.gan.discriminator))
        return self.gan._replace(discriminator=twin, calibrator=None)


def layers_of(gan: tc.GAN, x: Any) -> range:
    """The layers to move at, of data x: pictures are not refined pixel by pixel.

    A step on pixels is what makes an adversarial example: D's features, and those of
    other classifiers, like its noise.
    """
    pictures = any(np.ndim(leaf) > 2 for leaf in tf.nest.flatten(x))
    return range(gan.generator.depth + (0 if pictures else 1))


def few(gan: tc.GAN, seed: int) -> Any:
    """Some samples of G, as arrays [64, *data]: what rows are to be like."""
    z = gan.prior(64, tc.seeds.as_seed(seed))
    return tf.nest.map_structure(np.asarray, gan.generator(z, training=False))


def _number(name: str) -> int:
    """A number for a name, the same in every process (Python's own hash is not)."""
    return sum(letter * 31**i for i, letter in enumerate(name.encode())) % 2**31
