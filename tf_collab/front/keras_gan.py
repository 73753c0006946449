"""A GAN of somebody's Keras nets, in one call."""

from collections.abc import Collection, Sequence

import keras

from tf_collab import base, tensors
from tf_collab.front import net_checks, nets, parts
from tf_collab.models import heads, layered

__all__ = ["from_keras"]


def from_keras(
    generator: keras.Model,
    discriminator: keras.Model,
    *,
    prior: base.LatentDraw | None = None,
    objective: str | base.Objective | None = None,
    at: Sequence[str | int] | None = None,
    pick: int | str | None = None,
    probability: bool | None = None,
    hold: Collection[str | int] = (),
    batch_statistics: bool = False,
) -> base.GAN:
    """A trained generator and discriminator as a GAN, whose weights stay theirs.

    G is cut behind each activation, or at the layers that `at` names or numbers; D's
    score is its one output, the output that `pick` names, or of two columns of a
    softmax the log ratio, for which `pick` is the column of reals. `objective` is what
    D was trained with, by its name or itself. `summary(gan)` tells all that was found
    and assumed. Where z has a label beside it and D takes one, samples are (x, label);
    labels and what `hold` names never move.

    Examples:
        >>> g = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, "relu")])
        >>> g.add(keras.layers.Dense(2))
        >>> d = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        >>> tc.from_keras(g, d, objective="nsgan").generator.depth  # z, relu, x
        2
    """
    objective = parts.objective_of(objective)
    net_checks.check_net(generator, "generator")
    net_checks.check_net(discriminator, "discriminator")
    net_checks.check_order(generator, discriminator)
    prior, assumed = parts.prior_of(prior, generator)
    z = parts.drawn(prior)
    g, told, labelled = nets.generator_of(generator, discriminator, z, at)
    _check_hold(hold, g, z)
    x = g(z, training=False)
    asked, out = nets.discriminator_of(discriminator, x, labelled)
    ratio = objective.log_ratio is not None
    score, why = heads.read(
        discriminator, out, pick=pick, probability=probability, ratio=ratio
    )
    gan = base.GAN(
        g,
        layered.LayeredModel([asked, score], name="discriminator"),
        prior,
        objective,
        batch_statistics=batch_statistics,
        hold=tuple(dict.fromkeys([*hold, *([1] if labelled else [])])),
        assumed=(*assumed, *told, f"the score is {why}"),
    )
    gan.scored(x)  # an error here, not later, where it has no batch statistics
    return gan


def _check_hold(hold, g, z):
    if isinstance(hold, str):
        raise TypeError(f"hold is a list of leaves, as hold=[{hold!r}], not a string")
    layers = [g.encode(z, to=layer) for layer in range(g.depth + 1)]
    known = dict.fromkeys(key for h in layers for key in tensors.keys(h))
    for key in hold:
        if key not in known:
            there = ", ".join(repr(key) for key in known if key is not None)
            raise ValueError(
                f"hold names {key!r}, and the activations of the generator "
                + (f"are made of {there}" if there else "are one array each")
            )
