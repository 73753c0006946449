"""Slips that one number shows, which is found by hand."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from audit import defects, ours, targets, walks

from tf_collab import calibrators, metrics, sampling, seeds

__all__ = ["NUMBERS", "Number"]


class Number(NamedTuple):
    """A slip, and a number that is wrong with it."""

    slip: str
    right: str
    double: Callable[[], float]
    wrong: float  # by hand
    ours: Callable[[], float]
    truth: float  # by hand
    error: float = 1e-5  # of either


# 400 fair coins with 240 heads: 40 too many, where the standard deviation is 10.
HALF, HEADS = np.full(400, 0.5), np.repeat([1, 0], [240, 160])
# All reals score above all fakes, so that the upper block holds no fake.
REALS, FAKES = np.array([2.0, 3.0, 4.0]), np.array([-1.0, 0.0, 1.0])


def sum_of_roots() -> float:
    return float((HEADS - HALF).sum() / np.sqrt(HALF * (1 - HALF)).sum())


def unbounded() -> float:
    """The log ratio of the upper block, by its share of reals."""
    score, real = np.concatenate([REALS, FAKES]), np.repeat([1, 0], 3)
    share = real[score > FAKES.max()].mean()
    return math.log(share / (1 - share)) if share < 1 else math.inf


def bounded() -> float:
    return float(calibrators.isotonic(REALS, FAKES)(tf.constant([4.0]))[0])


def change(score: Callable[[list[float]], np.ndarray]) -> float:
    """Of the score of 1, when its neighbour in the batch is -1 and not 3."""
    return float(score([1.0, -1.0])[0] - score([1.0, 3.0])[0])


def by_batch(x: list[float]) -> np.ndarray:
    return (np.array(x) - np.mean(x)) / np.std(x)


def by_moving_statistics(x: list[float]) -> np.ndarray:
    gan = ours.batch_normed(targets.ONE, 0.3, 0.9)
    return gan.scored(tf.constant(x)[:, None]).score.numpy()


def shrunk() -> float:
    """E z**2 after a cold walk by a D that says nothing."""
    rates, kicks = defects.FALLING / 2, 0.1 * np.sqrt(defects.FALLING)
    z = walks.langevin(lambda z: z, 10_000, 0, rates=rates, kicks=kicks)
    return float(np.mean(z**2))


def told_by_info() -> float:
    """The same of ours, whose rates have the same sum."""
    silent = targets.gan_of(targets.ONE, lambda x, training: 0.0 * x)
    walk = sampling.ddls(silent, rate=0.05, steps=25)
    z = silent.prior(10_000, seeds.as_seed(0))
    _, _, info = walk.step(seeds.as_seed(1), z, ())
    return float(tf.reduce_mean(info["squared_norm_after"]))


NUMBERS = {
    "sum of roots": Number(
        "Z of a calibration divides by a sum of roots, not by the root of a sum; and "
        "the check `Z < 2 or Z > -2` passes always. 240 heads of 400 coins give",
        "`sum(y - p) / sqrt(sum(p*(1 - p)))` (Dawid, 1997)",
        sum_of_roots,
        40 / (400 * 0.5),
        lambda: metrics.dawid_z(HALF, HEADS),
        40 / 10,
    ),
    "infinite ratio": Number(
        "isotonic probabilities reach 0 and 1: where six scores are in order, the log "
        "ratio of the highest is as below, and a chain compares infinity with infinity",
        "probabilities from `1/(n + 2)` to `1 - 1/(n + 2)`; no chain goes to what is "
        "not finite",
        unbounded,
        math.inf,
        bounded,
        math.log(7),  # n is 6
    ),
    "batch-mates": Number(
        "with batch-norm in training mode the score of 1, when its neighbour is -1 in "
        "place of 3, changes by",
        "inference mode",
        lambda: change(by_batch),
        2.0,
        lambda: change(by_moving_statistics),
        0.0,
    ),
    # The rates have the sum 1.25, so that latents shrink by exp(-1.25). Four sigma of
    # a mean square are 6 %, and finite rates make 2.5 %.
    "truncation": Number(
        "the cold walk above, by a D that says nothing, takes the mean of `z**2` from "
        "1 to",
        "1, at T = 1",
        shrunk,
        math.exp(-2.5) + 0.1**2 * (1 - math.exp(-2.5)),
        told_by_info,
        1.0,
        error=0.085,
    ),
}
