"""Somebody's Keras GAN, from its nets to samples, by the front door."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import (
    GAN,
    Scored,
    checks,
    models,
    objectives,
    policies,
    priors,
    sampling,
)

HELD_OUT = np.random.default_rng(0).normal(2.0, 0.5, size=[256, 2]).astype("float32")


def sequential_g():
    g = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, activation="tanh", name="project"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(2),
        ]
    )
    return models.split(g, ["project"])


def functional_g():
    z = keras.Input((3,))
    h = keras.layers.Dense(8, activation="tanh", name="project")(z)
    h = keras.layers.Add(name="join")([h, keras.layers.Dense(8)(h)])
    return models.split(keras.Model(z, keras.layers.Dense(2)(h)), ["project", "join"])


class OwnG(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="tanh")
        self.out = keras.layers.Dense(2)

    def call(self, z):  # no `training`
        return self.out(self.hidden(z))


def opaque_g():
    return models.LayeredModel([OwnG()])


def vector_d():
    return models.scorer(
        keras.Sequential([hidden(), keras.layers.Dense(1), keras.layers.Reshape(())])
    )


def column_d():
    x = keras.Input((2,))
    return models.scorer(keras.Model(x, keras.layers.Dense(1)(hidden()(x))))


def patch_d():
    return models.scorer(
        keras.Sequential(
            [hidden(), keras.layers.Reshape((4, 4, 1)), keras.layers.Conv2D(1, 2)]
        )
    )


class OwnD(keras.Model):
    def __init__(self):
        super().__init__()
        self.net = keras.Sequential(
            [hidden(), keras.layers.Dropout(0.5), keras.layers.Dense(1)]
        )

    def call(self, x, training=False):
        return keras.ops.sigmoid(self.net(x, training=training))


def probability_d():
    return models.scorer(OwnD(), probability=True)


def hidden():
    return keras.layers.Dense(16, activation="tanh")


def fit(gan):
    """A few steps of D, so that its gradient leads somewhere."""
    d, optimizer = gan.discriminator, keras.optimizers.Adam(0.02)
    fake = gan.generator(gan.prior(256, tf.constant([0, 9])))
    d(fake)
    optimizer.build(d.trainable_variables)

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            loss = gan.objective.discriminator_loss(
                d, HELD_OUT, fake, seed=None, step=None
            )
        variables = d.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    for _ in range(60):
        step()


PAIRS = [
    (sequential_g, vector_d),
    (functional_g, column_d),
    (opaque_g, patch_d),
    (functional_g, probability_d),
]


@pytest.mark.filterwarnings("ignore:.*were capped:tf_collab.Doubt")
@pytest.mark.parametrize("make_g, make_d", PAIRS)
def test_refined_and_accepted_samples_are_nearer_to_the_data(make_g, make_d):
    keras.utils.set_random_seed(0)
    gan = GAN(make_g(), make_d(), priors.normal(3), objectives.nsgan())
    fit(gan)
    # 60 steps against one G may make D sure of it.
    assert all("sure of everything" in one for one in checks.check(gan, HELD_OUT))
    real = Scored(HELD_OUT, gan.discriminator(HELD_OUT))
    layer = gan.generator.depth
    rate = sampling.suggest_rate(gan, policies.adam, layer=layer, real=real, n=64)
    proposer = sampling.refine(
        gan, policies.adam(rate), layer=layer, steps=20, xla=False
    )
    samplers = {
        "plain": sampling.compose(sampling.direct(gan), sampling.always()),
        "ours": sampling.compose(proposer, sampling.mhgan(gan, thin=3)),
    }
    mean = HELD_OUT.mean(0)
    off, scores = {}, {}
    for name, sampler in samplers.items():
        drawn = sampling.draw(sampler, gan.prior, 200, real=real, batch=64, seed=1)
        assert drawn.x.shape == (200, 2) and drawn.score.shape == (200,)
        np.testing.assert_allclose(
            gan.discriminator(drawn.x), drawn.score, rtol=1e-3, atol=1e-3
        )
        off[name] = np.linalg.norm(drawn.x.mean(0) - mean)
        scores[name] = drawn.score.mean()
    assert scores["ours"] > scores["plain"]
    assert off["ours"] < off["plain"]


@pytest.mark.parametrize("make_g", [sequential_g, functional_g, opaque_g])
def test_every_layer_of_an_own_generator_can_be_refined(make_g):
    keras.utils.set_random_seed(0)
    gan = GAN(make_g(), vector_d(), priors.normal(3), objectives.nsgan())
    fit(gan)
    real = Scored(HELD_OUT, gan.discriminator(HELD_OUT))
    rows = sampling.sweep(
        gan,
        policies.ladam,
        layers=range(gan.generator.depth + 1),
        steps=[5],
        real=real,
        n=32,
    )
    assert all(row.gain > 0 for row in rows)


@pytest.mark.parametrize("make_d", [vector_d, column_d, patch_d, probability_d])
def test_a_tuned_copy_leaves_an_own_discriminator_as_it_was(make_d):
    keras.utils.set_random_seed(0)
    gan = GAN(opaque_g(), make_d(), priors.normal(3), objectives.nsgan())
    d = gan.discriminator
    before = d(HELD_OUT).numpy()
    tuned = models.copy(d)
    np.testing.assert_array_equal(tuned(HELD_OUT), before)
    fit(gan._replace(discriminator=tuned))
    np.testing.assert_array_equal(d(HELD_OUT), before)
    assert not np.allclose(tuned(HELD_OUT), before)
