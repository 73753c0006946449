"""The five lines: nets and data in, a `Collaboration` that can be tuned out."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab.front import (
    facts,
    given_again,
    keras_gan,
    loading,
    noticing,
    refusals,
    splits,
)
from tf_collab.front.case import Case, few
from tf_collab.front.collaboration import Collaboration
from tf_collab.front.ledger import Ledger
from tf_collab.front.rows import rows

__all__ = ["collaborate", "load_collaboration"]


def collaborate(
    generator: Any,
    *given: Any,
    held_out: Any = None,
    labels: Any = None,
    groups: Any = None,
    features: Callable[[np.ndarray], np.ndarray] | None = None,
    folder: os.PathLike | str | None = None,
    seed: int = 0,
    **nets: Any,
) -> Collaboration:
    """`collaborate(generator, discriminator, x_train, held_out=x_test, prior=...,
    objective="nsgan")`, or `collaborate(gan, x_train, held_out=x_test)`.

    Data are arrays, a `tf.data.Dataset` or a folder of images. D's copies learn from
    `x_train`; everything is chosen and judged on `held_out`, 200 rows or more that D
    has never seen. `labels` [rows] of x_train, or a pair (x, labels) in its place,
    give images a better judge, as `features` do (images in [-1, 1] -> [n, features]).
    Where held-out rows come in groups, as frames of a film or a person's pictures do,
    `groups` [rows of held_out], numbers or names, keep each group in one part, and
    intervals are over groups: over rows they would be far too narrow.
    In a `folder` a tuning goes on after it was killed. The other options (`prior`,
    `objective`, `probability`, `pick` and more) are those of `from_keras`. Then
    `c.tune(minutes=5)`, `c.report()` and `c.draw(1000)`.

    Examples:
        >>> x_train, x_test = (gan.generator(gan.prior(300, (0, i))) for i in (1, 2))
        >>> c = tc.collaborate(gan, x_train, held_out=x_test)
        >>> c
        Collaboration(not tuned yet)
    """
    if isinstance(generator, tc.GAN):
        form = "collaborate(gan, x_train, held_out=...)"
        (x_train,) = refusals.exactly(1, given, form)
        if nets:
            raise TypeError(f"beside a GAN there is no {', '.join(nets)} to give")
        gan = generator
    else:
        form = "collaborate(generator, discriminator, x_train, held_out=...)"
        discriminator, x_train = refusals.exactly(2, given, form)
        refusals.check_options(nets)
        gan = keras_gan.from_keras(generator, discriminator, **nets)
    if held_out is None:
        raise ValueError(
            "held_out=... is needed: D has seen x_train, so that nothing can be judged "
            "on it; give reals that were kept from training"
        )
    tc.checks.cuttable(gan.generator)
    like = few(gan, seed)
    train = rows(x_train, like, name="x_train", labels=labels)
    # Data often come sorted by class, and some parts look at the first rows alone.
    train = train.take(np.random.default_rng(0).permutation(len(train)))
    held = rows(held_out, like, name="held_out", groups=groups)
    parts = splits.Splits(held)
    both = refusals.check_apart(train.x, held.x)
    flat = all(np.ndim(leaf) <= 2 for leaf in tf.nest.flatten(train.x))
    name = nets.get("objective")
    judge, flaws, notes = noticing.noticed(
        gan, name, train, held, parts, both, features=features, seed=seed
    )
    case = Case(
        gan=gan,
        train=train,
        splits=parts,
        judge=judge,
        ledger=Ledger(folder, facts.facts_of(gan, train, held, judge, seed)),
        seed=seed,
        batch=min(256 if flat else 64, len(train)),
        flaws=tuple(flaws),
        read={n: nets.get(n) for n in given_again.READ} if nets else None,
    )
    return Collaboration(
        case,
        notes=tuple(dict.fromkeys(notes)),
        objective=name if isinstance(name, str) else None,
    )


def load_collaboration(
    folder: os.PathLike | str,
    *,
    generator: Any = None,
    discriminator: Any = None,
    prior: Any = None,
    objective: Any = None,
) -> Collaboration:
    """What `Collaboration.save` wrote, to draw from and to report on.

    It cannot be tuned further. `generator` and `discriminator` are for nets that no
    file could carry: those that `collaborate` was given, or others of their classes;
    one that the folder has whole is told not to be read (`Doubt`);
    `prior` and `objective` where they were not one of `priors` or given by name.
    ValueError, which names the file, for what cannot be read; no code in it is run.
    """
    outcome, name, drawn = loading.load(
        folder,
        generator=generator,
        discriminator=discriminator,
        prior=prior,
        objective=objective,
    )
    return Collaboration(None, outcome, objective=name, drawn=drawn)
