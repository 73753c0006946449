"""Know before you draw: what samplers give, from held-out scores and small walks."""

from collections.abc import Callable
from typing import Any

import numpy as np

import tf_collab as tc
from tf_collab.front import judging
from tf_collab.front.advice import Advice
from tf_collab.front.case import few
from tf_collab.front.foretelling import MOST, SAMPLES, advised
from tf_collab.front.rows import Rows, rows

__all__ = ["advise"]


def advise(
    gan: tc.GAN,
    x_held_out: Any,
    calls: float = 20,
    *,
    groups: Any = None,
    features: Callable[[np.ndarray], np.ndarray] | None = None,
    good: Callable[[Any], Any] | None = None,
    n: int = SAMPLES,
    seed: int = 0,
) -> Advice:
    """What samplers would give for `calls` passes a sample, before anything is drawn.

    `x_held_out` [rows, *data] are reals that D has never seen, 100 or more (of more
    than 2000 some by chance), and `calls` passes of one sample through one net, a pass
    backward as two. D's ratio is checked on them and on n plain samples, 250 or more:
    its slope, and E_G[exp(d)]. Each acceptor of `tables.SAMPLERS` for plain samples is
    asked what it keeps of them. Half of the samples take a small walk along D's
    gradient, at the layer and rate that suit others, and a fresh classifier, on
    features that are not D's, tells whether it led to the data.

    `good` is a function of samples [m, *data] that gives numbers [m], as 1 for each
    that you like: its gain is forecast too. `groups` [rows], numbers or names, are of
    reals that come in groups, as frames of a film: intervals are over groups then.
    `features` (images in [-1, 1] ->
    [n, features]) make a better judge of images than nets with random weights, which
    are weak; so few labels as held-out reals have teach no classifier. `print` the
    advice, and draw from `advice.sampler()`. ValueError for too few reals, samples or
    calls.

    Examples:
        >>> x_test = np.random.default_rng(0).normal(1.0, size=[200, 2])
        >>> advice = tc.advise(gan, x_test, calls=8, n=250)
        >>> advice.method in tc.tables.SAMPLERS
        True
    """
    if not isinstance(gan, tc.GAN):
        raise TypeError(
            "advice is on a GAN, as from_keras(generator, discriminator, ...) gives, "
            f"not on {type(gan).__name__}"
        )
    tc.checks.cuttable(gan.generator)
    given = rows(x_held_out, few(gan, seed), name="x_held_out", groups=groups)
    order = np.random.default_rng(0).permutation(len(given))[:MOST]
    held = Rows(given.x, None, given.notes, given.groups).take(order)
    judge = judging.judge(held, features=features, seed=seed)
    return advised(gan, held, judge, calls, good=good, n=n, seed=seed)
