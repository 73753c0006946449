"""Tests for tf_collab.front.labels: conditional GANs by the front door."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets

import tf_collab as tc


def prior(one_hot=False):
    return tc.priors.labelled(tc.priors.normal(3), 4, one_hot=one_hot)


def given(model, z, label):
    """What a model gives, called by hand as its inputs ask."""
    if isinstance(model.input, dict):
        return model({"noise": z, "digit": label})
    first = model.inputs[0].name
    return model([label, z] if first == "digit" else [z, label])


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("label_first", [False, True])
@pytest.mark.parametrize("struct", [list, dict])
def test_labels_are_handed_on_through_each_layer(one_hot, label_first, struct):
    options = {"label_first": label_first, "one_hot": one_hot}
    g = keras_nets.conditional_g(**options, struct=struct)
    d = keras_nets.conditional_d(**options)
    gan = tc.from_keras(g, d, prior=prior(one_hot), objective="nsgan")
    assert gan.hold == (1,)
    z, label = gan.prior(6, tc.seeds.as_seed(1))
    assert gan.generator.layer_names == ("z", "early", "late", "x")
    for layer in range(4):
        h = gan.generator.encode((z, label), to=layer)
        np.testing.assert_array_equal(h[1], label)
        x, handed = gan.generator.decode(h, from_=layer)
        np.testing.assert_allclose(x, given(g, z, label), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(handed, label)
    by_hand = given(d, x, label)[:, 0]
    np.testing.assert_allclose(gan.scored((x, label)).score, by_hand, rtol=1e-5)


def test_a_label_that_comes_in_later_does_not_stop_a_cut():
    g = keras_nets.conditional_g(late=True)
    gan = tc.from_keras(g, keras_nets.conditional_d(), prior=prior(), objective="nsgan")
    assert gan.generator.layer_names == ("z", "early", "late", "x")
    z, label = gan.prior(6, tc.seeds.as_seed(1))
    h = gan.generator.encode((z, label), to="early")
    x, _ = gan.generator.decode(h, from_="early")
    np.testing.assert_allclose(x, given(g, z, label), rtol=1e-5, atol=1e-6)


class OwnConditional(keras.Model):
    def __init__(self, units, *, apart=False):
        super().__init__()
        self.embed, self.dense = keras.layers.Embedding(4, 2), keras.layers.Dense(units)
        self.apart = apart

    def call(self, pair, label=None, training=False):
        h, label = (pair, label) if self.apart else pair
        return self.dense(tf.concat([h, self.embed(label)], 1))


@pytest.mark.parametrize("apart", [False, True])
def test_subclassed_conditional_nets_are_called_as_they_can_be(apart):
    g, d = (OwnConditional(units, apart=apart) for units in (2, 1))
    z, label = prior()(6, tc.seeds.as_seed(1))
    x = g(z, label) if apart else g([z, label])
    score = d(x, label) if apart else d([x, label])
    gan = tc.from_keras(g, d, prior=prior(), objective="wgan_gp")
    drawn = gan.generator((z, label))
    np.testing.assert_allclose(drawn[0], x, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gan.scored(drawn).score, score[:, 0], rtol=1e-5)
    assert gan.generator.layer_names == ("z", "x")


def test_a_discriminator_may_see_no_label():
    d = keras_nets.classifier()
    gan = tc.from_keras(keras_nets.conditional_g(), d, prior=prior(), objective="nsgan")
    x = gan.generator(gan.prior(6, tc.seeds.as_seed(1)))
    np.testing.assert_allclose(gan.scored(x).score, d(x[0])[:, 0], rtol=1e-5)


@pytest.mark.parametrize("one_hot", [False, True])
def test_refinement_moves_no_label(one_hot):
    gan = tc.from_keras(
        keras_nets.conditional_g(one_hot=one_hot),
        keras_nets.conditional_d(one_hot=one_hot),
        prior=prior(one_hot),
        objective="nsgan",
    )
    z = gan.prior(6, tc.seeds.as_seed(1))
    real = gan.scored(gan.generator(z))
    for layer in "z", "early", "x":
        walk = tc.sampling.refine(gan, tc.policies.sgd(0.1), layer=layer, steps=2)
        refined, _, _ = walk.step((0, 2), z, walk.init((0, 3), z, real))
        np.testing.assert_array_equal(refined.x[1], z[1])
        assert (refined.x[0] != real.x[0]).numpy().any()
    x = gan.generator(gan.prior(40, tc.seeds.as_seed(2)))
    assert not [told for told in tc.checks.check(gan, x) if "label" in told]


def test_a_copy_and_a_file_of_a_conditional_net_give_the_same(tmp_path):
    gan = tc.from_keras(
        keras_nets.conditional_g(),
        keras_nets.conditional_d(),
        prior=prior(),
        objective="nsgan",
    )
    z = gan.prior(6, tc.seeds.as_seed(1))
    x = gan.generator(z)
    for net, given in (gan.generator, z), (gan.discriminator, x):
        expected = tf.nest.flatten(net(given))
        twin = tc.models.copy(net)
        for a, b in zip(tf.nest.flatten(twin(given)), expected):
            np.testing.assert_array_equal(a, b)
        width = given[0].shape[1]
        inputs = (keras.Input((width,)), keras.Input((), dtype="int32"))
        tc.models.export(net, inputs).save(tmp_path / "net.keras")
        loaded = tc.models.load(tmp_path / "net.keras")
        for a, b in zip(tf.nest.flatten(loaded(list(given))), expected):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_label_that_comes_in_twice_is_copied_and_not_saved():
    gan = tc.from_keras(
        keras_nets.conditional_g(late=True),
        keras_nets.conditional_d(),
        prior=prior(),
        objective="nsgan",
    )
    z = gan.prior(6, tc.seeds.as_seed(1))
    np.testing.assert_array_equal(
        tc.models.copy(gan.generator)(z)[0], gan.generator(z)[0]
    )
    inputs = (keras.Input((3,)), keras.Input((), dtype="int32"))
    with pytest.raises(ValueError, match="two stages share a layer"):
        tc.models.export(gan.generator, inputs)


def test_an_input_that_could_be_either_is_asked_for():
    a, b = keras.Input((4,)), keras.Input((4,))
    g = keras.Model([a, b], keras.layers.Dense(2)(keras.layers.Add()([a, b])))
    square = tc.priors.labelled(tc.priors.normal(4), 4, one_hot=True)
    with pytest.raises(ValueError, match="call one 'label'"):
        tc.from_keras(g, keras_nets.classifier(), prior=square, objective="nsgan")


@pytest.mark.parametrize("first", [False, True])
def test_of_inputs_of_one_width_the_one_that_is_called_label_is_given_it(first):
    z, label = keras.Input((4,), name="noise"), keras.Input((4,), name="label")
    h = keras.layers.Concatenate()([z, label])
    g = keras.Model([label, z] if first else [z, label], keras.layers.Dense(2)(h))
    square = tc.priors.labelled(tc.priors.normal(4), 4, one_hot=True)
    gan = tc.from_keras(g, keras_nets.classifier(), prior=square, objective="nsgan")
    given = square(6, tc.seeds.as_seed(1))
    expected = g(list(given[::-1] if first else given))
    np.testing.assert_allclose(gan.generator(given)[0], expected, rtol=1e-5, atol=1e-6)


def test_a_label_is_held_beside_what_is_asked_to_be():
    gan = tc.from_keras(
        keras_nets.conditional_g(one_hot=True),
        keras_nets.conditional_d(one_hot=True),
        prior=prior(one_hot=True),
        objective="nsgan",
        hold=[0],
    )
    assert {*gan.hold} == {0, 1}


def test_an_auxiliary_classifier_stays_beside_the_picked_score():
    x = keras.Input((2,))
    h = keras.layers.Dense(4, "relu")(x)
    outs = [
        keras.layers.Dense(n, name=name)(h) for n, name in ((1, "real"), (4, "kind"))
    ]
    d = keras.Model(x, outs)
    gan = tc.from_keras(
        keras_nets.conditional_g(),
        d,
        prior=prior(),
        objective="hinge",
        pick="real",
    )
    made = gan.generator(gan.prior(6, tc.seeds.as_seed(1)))
    expected = d(made[0])[0][:, 0]
    np.testing.assert_allclose(gan.scored(made).score, expected, rtol=1e-5, atol=1e-6)


def test_two_latents_of_floats_are_no_label():
    def two(n, seed):
        first, second = tc.seeds.split(seed)
        return tc.priors.normal(3)(n, first), tc.priors.normal(2)(n, second)

    a, b = keras.Input((3,)), keras.Input((2,))
    h = keras.layers.Concatenate()([a, b])
    h = keras.layers.Dense(4, "relu", name="mix")(h)
    g = keras.Model([a, b], keras.layers.Dense(2)(h))
    gan = tc.from_keras(g, keras_nets.classifier(), prior=two, objective="nsgan")
    z = gan.prior(6, tc.seeds.as_seed(1))
    assert gan.hold == () and gan.generator.layer_names == ("z", "mix", "x")
    np.testing.assert_allclose(gan.generator(z), g(list(z)), rtol=1e-5, atol=1e-6)
