"""How D, as it was given, tells reals from samples, and those it knows from others."""

from typing import Any

import numpy as np
import tensorflow as tf

import tf_collab as tc
from tf_collab import oddities
from tf_collab.front.case import few
from tf_collab.front.rows import Rows

__all__ = ["ROWS", "UPSIDE_DOWN", "above", "misread", "plain", "scores", "told"]

UPSIDE_DOWN = "It is upside down"
DRAWS = 5  # of 64 samples
ROWS = 320  # of each kind of reals
SURE = 4.0  # standard errors from chance
BY_HEART = 0.75  # of pairs of rows of x_train and held-out ones


def told(
    gan: tc.GAN, train: Rows, held: Rows, plain: tc.Scored, *, flawed: bool = False
) -> str:
    """A sentence or two, by the scores of a few hundred rows of each kind.

    Of `flawed` data only the share is told: what D does wrong may be their fault. Rows
    that are held out are independent.
    """
    rows = slice(ROWS)
    reals, known = (scores(gan, part.take(rows).x) for part in (held, train))
    share, noise = above(reals, plain.score)
    text = (
        f"D as it was given: held-out reals score above plain samples in {share:.0%} "
        "of pairs, where 50% is chance."
    )
    if flawed:
        return text
    if share < 0.5 - noise:
        text += (
            f" {UPSIDE_DOWN}: where the labels were swapped that it learned, give "
            "D with its sign turned, as keras.Sequential([d, "
            "keras.layers.Rescaling(-1)]) of logits is, and where it learned another "
            "objective, give that."
        )
    share, noise = above(known, reals)
    if share > 0.5 + noise:
        knows = "knows x_train better than held-out rows"
        if share >= BY_HEART:
            knows = "has learned x_train by heart"
        text += (
            f" Rows of x_train score above held-out ones in {share:.0%} of pairs: it "
            f"{knows}."
        )
    elif share < 0.5 - noise:
        text += (
            f" Held-out rows score above those of x_train in {1 - share:.0%} of pairs: "
            "either it has seen them, and they judge nothing, or their law is another."
        )
    return text


def misread(gan: tc.GAN, held: Rows, plain: tc.Scored) -> list[str]:
    """A sentence where scores order reals and samples, and mislead as log ratios.

    They do if their log loss is surely above that of knowing nothing, ln 2.
    """
    if gan.calibrator is None and not gan.objective.knows_ratio:
        return []
    x = held.take(slice(ROWS)).x
    real = scores(gan, x)
    share, noise = above(real, plain.score)
    if share < 0.5 + noise:
        return []
    both = tc.Scored(x, real), plain
    of_real, of_fake = (np.asarray(gan.log_ratio_of(part), "f8") for part in both)
    losses = np.logaddexp(0, -of_real), np.logaddexp(0, of_fake)
    loss = np.mean([part.mean() for part in losses])
    error = np.sqrt(sum(part.var() / len(part) for part in losses)) / 2
    if not loss >= np.log(2) + SURE * error or not np.isfinite(loss):
        return []
    return [
        f"D scores held-out reals above plain samples in {share:.0%} of pairs, but "
        f"read as log ratios its scores have a log loss of {loss:.2g}, where knowing "
        "nothing has 0.69: give the objective that D learned; if this is it, D is far "
        "too sure, or all its scores are moved, and a calibrator is needed"
    ]


def plain(gan: tc.GAN, seed: int) -> tc.Scored:
    """Some 300 plain samples with their scores, as arrays."""
    drawn = [few(gan, seed + i) for i in range(DRAWS)]
    together = lambda *parts: np.concatenate(parts)
    scored = together(*(scores(gan, x) for x in drawn))
    return tc.Scored(tf.nest.map_structure(together, *drawn), scored)


def above(high: np.ndarray, low: np.ndarray) -> tuple[float, float]:
    """The share of pairs in this order, and how far chance takes it from a half."""
    n, m = len(high), len(low)
    return oddities.above(high, low), SURE * np.sqrt((n + m + 1) / (12 * n * m))


def scores(gan: tc.GAN, x: Any) -> np.ndarray:
    """D's scores [rows] of reals or samples."""
    return np.asarray(gan.scored(tf.nest.map_structure(tf.constant, x)).score)
