"""A D is told from its opposite, from one that learned by heart, and from a cheat's."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets, oracles

import tf_collab as tc
from tf_collab.front import as_given
from tf_collab.front.rows import Rows

LAW = np.random.default_rng(0).normal(0.8, 0.9, size=[2, 400, 1]).astype("f4")
TRAIN, HELD = (Rows(x, None, ()) for x in LAW)
GAN = oracles.gaussian_gan(0.8, 0.9)


def told(sign=1.0, known=(), objective=GAN.objective, by=2.0, flawed=False):
    """Of D times a sign, which gives rows that it knows so much more."""
    more = lambda x: by * np.isin(x[:, 0], known)
    d = lambda x, training=False: sign * GAN.discriminator(x) + more(x.numpy())
    gan = GAN._replace(discriminator=d, objective=objective)
    return as_given.told(gan, TRAIN, HELD, as_given.plain(gan, 0), flawed=flawed)


KNOWS = "knows x_train better than held-out rows"
WORDS = "upside down", "x_train by heart", KNOWS, "has seen them"


@pytest.mark.parametrize(
    "how, words",
    [
        ({}, None),
        ({"objective": tc.objectives.lsgan()}, None),
        ({"sign": -1.0}, "upside down"),
        ({"sign": -1.0, "flawed": True}, None),
        ({"known": LAW[0]}, "x_train by heart"),
        ({"known": LAW[0][:100]}, KNOWS),
        ({"known": LAW[1]}, "has seen them"),
    ],
)
def test_each_d_has_its_sentence(how, words):
    text = told(**how)
    assert [each for each in WORDS if each in text] == [words] * (words is not None)
    assert text.startswith("D as it was given: held-out reals score above plain sa")


def test_the_share_is_that_of_the_two_laws():
    """Both are normal, and D rises with x where most of them are."""
    linear = GAN._replace(discriminator=lambda x, training=False: x[:, 0])
    text = as_given.told(linear, TRAIN, HELD, as_given.plain(linear, 0))
    known = tf.math.erfc(-0.8 / np.sqrt(1 + 0.9**2) / np.sqrt(2.0)).numpy() / 2
    share = float(text.split("samples in ")[1].split("%")[0]) / 100
    assert share == pytest.approx(known, abs=0.07)


def test_a_d_with_its_sign_turned_can_be_given():
    """As the sentence on one that is upside down says."""
    g, d = keras_nets.chain(), keras_nets.classifier()
    turned = keras.Sequential([d, keras.layers.Rescaling(-1)])
    gans = [tc.from_keras(g, each, objective="nsgan") for each in (d, turned)]
    scores = [gan.scored(LAW[0].repeat(2, 1)).score for gan in gans]
    assert np.allclose(scores[0], -scores[1])


class FromOne(keras.layers.Layer):
    """A D by how far numbers are from one and minus one."""

    def __init__(self, sign):
        super().__init__()
        self.sign = sign

    def call(self, x):
        return self.sign * ((tf.abs(x[:, 0]) - 1) ** 2 - 0.1)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_one_that_is_upside_down_heads_the_notes(sign):
    """Of reals near one and minus one, which samples spread about."""
    rng = np.random.default_rng(0)
    x = rng.choice([-1, 1], [1000, 1]) + rng.normal(0, 0.1, [1000, 1])
    x, held = np.split(x.astype("f4"), [600])
    c = tc.collaborate(GAN._replace(discriminator=FromOne(sign)), x, held_out=held)
    assert ("upside down" in c.notes[0]) == (sign > 0)
    assert "upside down" not in " ".join(c.notes[1:])


@pytest.mark.parametrize(
    "times, plus, words",
    [(1, 0, ""), (0.3, 0, ""), (-9, 0, ""), (9, 0, "log loss of"), (1, 9, "log loss")],
)
def test_scores_that_mislead_as_log_ratios_are_told(times, plus, words):
    """Those of the optimal D are not, nor of one that is not sure or upside down."""
    d = lambda x, training=False: times * GAN.discriminator(x) + plus
    gan = GAN._replace(discriminator=d)
    plain = as_given.plain(gan, 0)
    found = as_given.misread(gan, HELD, plain)
    assert bool(found) == bool(words) and words in " ".join(found)
    critic = gan._replace(objective=tc.objectives.hinge())
    assert not as_given.misread(critic, HELD, plain)
