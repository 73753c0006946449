"""Tests for tf_collab.front.keras_gan."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets

import tf_collab as tc

Z = np.random.default_rng(0).normal(size=[5, 3]).astype("float32")
X = np.random.default_rng(1).normal(size=[40, 2]).astype("float32")
Dense = keras.layers.Dense


def gan_of(g=None, d=None, **options):
    g, d = g or keras_nets.chain(), d or keras_nets.classifier()
    return tc.from_keras(g, d, **{"objective": "nsgan"} | options)


def assert_cuts(gan, model, z=Z):
    """Each layer of the cut generator leads to what the model gives."""
    g = gan.generator
    whole = model(z) if not isinstance(z, tuple) else None
    for layer in range(g.depth + 1):
        x = g.decode(g.encode(z, to=layer), from_=layer)
        expected = g(z) if whole is None else whole
        for a, b in zip(tf.nest.flatten(x), tf.nest.flatten(expected)):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_generator_is_cut_behind_each_activation():
    model = keras_nets.chain()
    gan = gan_of(model)
    assert gan.generator.layer_names == ("z", "leak", "bend", "x")
    assert_cuts(gan, model)
    assert {id(v) for v in gan.generator.variables} == {id(v) for v in model.variables}


@pytest.mark.parametrize(
    "at, names",
    [(["project"], ["project"]), ([0, 2], ["project"]), ([], []), ([-2], ["bend"])],
)
def test_a_generator_is_cut_where_it_is_asked_to(at, names):
    if at == [0, 2]:
        at, names = [0, "bend"], ["project", "bend"]
    gan = gan_of(at=at)
    assert gan.generator.layer_names == ("z", *names, "x")


def test_layers_inside_nested_models_are_cut_too():
    outer = keras.Sequential([keras.Input((3,)), Dense(4, "relu", name="outer")])
    inner = keras.Sequential([Dense(5), keras.layers.ELU(name="inner")], name="block")
    outer.add(inner)
    outer.add(Dense(2))
    gan = gan_of(outer)
    assert gan.generator.layer_names == ("z", "outer", "inner", "x")
    assert_cuts(gan, outer)
    for at in ["inner"], ["block"]:
        gan = gan_of(outer, at=at)
        assert gan.generator.layer_names == ("z", *at, "x")
        assert_cuts(gan, outer)


def test_a_skip_connection_is_not_cut_and_told():
    z = keras.Input((3,))
    h = Dense(4, "tanh", name="root")(z)
    left = Dense(4, "tanh", name="left")(h)
    h = keras.layers.Add(name="sum")([left, h])
    model = keras.Model(z, Dense(2)(Dense(4, "relu", name="late")(h)))
    gan = gan_of(model)
    assert gan.generator.layer_names == ("z", "root", "sum", "late", "x")
    assert_cuts(gan, model)
    assert any("jumps over" in told and "left" in told for told in gan.assumed)
    with pytest.raises(ValueError, match="cut at 'left' is jumped over"):
        gan_of(model, at=["left"])


def test_a_sum_that_no_way_needs_is_not_cut_at():
    z = keras.Input((3,))
    h = Dense(4, "tanh", name="root")(keras.layers.Add(name="twice")([z, z]))
    gan = gan_of(keras.Model(z, Dense(2)(h)))
    assert gan.generator.layer_names == ("z", "root", "x")


def test_a_subclassed_chain_of_layers_is_cut_at_them():
    model = keras_nets.OwnChain()
    model(Z)
    gan = gan_of(model, prior=tc.priors.normal(3))
    assert gan.generator.layer_names == ("z", "first", "inner", "x")
    assert_cuts(gan, model)
    assert any("a chain of its layers" in told for told in gan.assumed)


@pytest.mark.parametrize("between", [tf.tanh, lambda h: h + 0.1])
def test_what_happens_between_layers_makes_a_subclass_one_piece(between):
    model = keras_nets.OwnChain(between=between)
    model(Z)
    gan = gan_of(model, prior=tc.priors.normal(3))
    assert gan.generator.layer_names == ("z", "x")
    assert_cuts(gan, model)
    assert any("layers cannot be seen" in told for told in gan.assumed)
    with pytest.raises(ValueError, match="nobody can see the layers"):
        gan_of(model, prior=tc.priors.normal(3), at=["first"])


def test_a_look_leaves_a_subclassed_model_as_it_was():
    model = keras_nets.OwnChain()
    before = model(Z).numpy()
    gan_of(model, prior=tc.priors.normal(3))
    assert not any("call" in layer.__dict__ for layer in model.layers)
    np.testing.assert_array_equal(model(Z), before)


def test_the_prior_is_taken_for_normal_where_z_is_one_flat_array():
    gan = gan_of()
    z = gan.prior(1000, tc.seeds.as_seed(0))
    assert z.shape == [1000, 3]
    assert gan.assumed[0].startswith("z was taken for standard normal, [batch, 3]")
    own = gan_of(prior=tc.priors.uniform(3))
    assert not any("standard normal" in told for told in own.assumed)
    with pytest.raises(ValueError, match="prior is missing"):
        gan_of(
            keras.Sequential([keras.Input((2, 2)), keras.layers.Flatten(), Dense(2)])
        )


@pytest.mark.parametrize(
    "units, activation", [(1, None), (1, "sigmoid"), (2, None), (2, "softmax")]
)
def test_the_score_is_the_log_ratio_that_the_discriminator_tells(units, activation):
    d = keras_nets.classifier(units=units, activation=activation)
    gan = gan_of(d=d, **({"pick": 1} if units == 2 else {}))
    out = np.asarray(d(X), "f8")
    expected = out[:, 0]
    if activation == "sigmoid":
        expected = np.log(out[:, 0] / (1 - out[:, 0]))
    if units == 2:
        out = np.log(out) if activation else out
        expected = out[:, 1] - out[:, 0]
    # Probabilities are rounded to 2**-24, and scores are of a few units.
    np.testing.assert_allclose(gan.scored(X).score, expected, rtol=1e-4, atol=1e-4)


def test_a_subclassed_discriminator_is_asked_for_its_ending_where_it_cannot_be_seen():
    class Own(keras.Model):
        def __init__(self, curve):
            super().__init__()
            self.net, self.curve = keras_nets.classifier(), curve

        def call(self, x):
            return self.curve(self.net(x))

    d = Own(keras.ops.sigmoid)
    d(X)
    with pytest.raises(ValueError, match=r"nobody can see whether .* in a sigmoid"):
        gan_of(d=d)
    logits = gan_of(d=d, probability=True).scored(X).score
    np.testing.assert_allclose(logits, d.net(X)[:, 0], rtol=1e-4, atol=1e-4)
    wide = Own(lambda out: 50 * out)  # no probability
    wide(X)
    np.testing.assert_allclose(gan_of(d=wide).scored(X).score, wide(X)[:, 0])


def heads(struct=list):
    x = keras.Input((2,))
    h = Dense(4, "relu")(x)
    outs = [Dense(5, name="kind")(h), Dense(1, "sigmoid", name="real")(h)]
    return keras.Model(x, outs if struct is list else dict(zip(("kind", "real"), outs)))


@pytest.mark.parametrize("struct, pick", [(list, 1), (list, "real"), (dict, "real")])
def test_one_of_several_outputs_is_picked(struct, pick):
    d = heads(struct)
    out = d(X)
    prob = np.asarray(out[1] if struct is list else out["real"], "f8")[:, 0]
    score = gan_of(d=d, pick=pick).scored(X).score
    np.testing.assert_allclose(score, np.log(prob / (1 - prob)), rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match=r"2 outputs, .*'real'.* give pick="):
        gan_of(d=d)


def test_patches_are_averaged_and_told():
    d = keras.Sequential([keras.Input((2,)), Dense(9), keras.layers.Reshape((3, 3, 1))])
    gan = gan_of(d=d)
    expected = np.mean(np.asarray(d(X)), axis=(1, 2, 3))
    np.testing.assert_allclose(gan.scored(X).score, expected, rtol=1e-5, atol=1e-6)
    assert any("the mean of 9 patches" in told for told in gan.assumed)


def test_a_tuned_copy_leaves_the_discriminator_as_it_was():
    gan = gan_of(d=heads(), pick=1)
    twin = tc.models.copy(gan.discriminator)
    np.testing.assert_array_equal(twin(X), gan.discriminator(X))
    twin.trainable_variables[0].assign_add(tf.ones_like(twin.trainable_variables[0]))
    assert (twin(X).numpy() != gan.discriminator(X).numpy()).any()


def test_an_objective_has_a_name():
    assert gan_of(objective="wgan_gp").objective.log_ratio is None
    own = tc.objectives.lsgan()
    assert gan_of(objective=own).objective is own


def test_samples_come_out_refined_at_a_layer_by_its_name():
    gan = gan_of()
    real = gan.scored(X)
    rate = tc.sampling.suggest_rate(gan, tc.policies.adam, layer="bend", real=real)
    refine = tc.sampling.refine(gan, tc.policies.adam(rate), layer="bend", steps=3)
    sampler = tc.sampling.compose(refine, tc.sampling.always())
    drawn = tc.sampling.draw(sampler, gan.prior, 20, real=real, batch=20, seed=0)
    z = gan.prior(20, tc.seeds.as_seed(0))
    plain = gan.scored(gan.generator(z)).score
    assert drawn.score.mean() > plain.numpy().mean()
