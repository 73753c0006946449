"""A folder tells whose tuning it holds: whatever differs is named, and nothing else."""

import numpy as np
import pytest
from helpers import linear_gan, small_cases

import tf_collab as tc
from tf_collab.front import facts, judging
from tf_collab.front.rows import Rows

TRAIN, HELD = (Rows(small_cases.reals(seed, 100), None, ()) for seed in (1, 2))


def facts_of(gan=None, train=TRAIN, held=HELD, seed=0, features=None, kernel=None):
    judge = judging.judge(TRAIN, features=features)
    judge = judge._replace(kernel=kernel or judge.kernel)
    return facts.facts_of(gan or linear_gan.linear_gan(), train, held, judge, seed)


def moved(net):
    """The GAN with one weight of a net moved a little."""
    gan = linear_gan.linear_gan()
    weight = getattr(gan, net).variables[0]
    weight.assign(weight + 0.01)
    return {"gan": gan}


def with_other(**parts):
    return {"gan": linear_gan.linear_gan()._replace(**parts)}


ROWS = Rows(TRAIN.x + np.float32(1e-6), None, ())
# What is given instead, and the words that a folder is refused with.
CHANGES = {
    "seed": (lambda: {"seed": 1}, {"seed", "prior"}),
    "x_train": (lambda: {"train": ROWS}, {"x_train"}),
    "held_out": (lambda: {"held": ROWS}, {"held_out"}),
    "groups": (
        lambda: {"held": Rows(HELD.x, None, (), np.arange(100) // 5)},
        {"held_out"},
    ),
    "judge": (lambda: {"features": lambda x: x[:, :1]}, {"judge"}),
    "kernel": (lambda: {"kernel": tc.metrics.gaussian_kernel(1.0)}, {"judge"}),
    "generator": (lambda: moved("generator"), {"generator"}),
    "D": (
        lambda: moved("discriminator"),
        {"discriminator", "scores", "objective"},
    ),
    "prior": (lambda: with_other(prior=tc.priors.uniform(3)), {"prior"}),
    "objective": (
        lambda: with_other(objective=tc.objectives.wgan_gp()),
        {"objective"},
    ),
    "hold": (lambda: with_other(hold=(1,)), {"leaves to hold"}),
}


@pytest.fixture(scope="module")
def base():
    return facts_of()


@pytest.mark.parametrize("name", CHANGES)
def test_what_another_tuning_differs_in_is_named(name, base):
    change, words = CHANGES[name]
    found = facts_of(**change())
    assert {word for word in base if found[word] != base[word]} == words
