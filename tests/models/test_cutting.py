"""Tests for tf_collab.models.cutting."""

import keras
import numpy as np
import pytest

from tf_collab import models

X = np.random.default_rng(0).normal(size=[5, 4]).astype("float32")


def sequential():
    names = ("first", "second", "third")
    return keras.Sequential([keras.layers.Dense(4, name=name) for name in names])


def built():
    model = sequential()
    model(X)
    return model


def residual():
    """z -> root -> (left, right) -> meet -> tanh -> (label enters) -> join -> last."""
    z, label = keras.Input((4,), name="z"), keras.Input((2,), name="label")
    root = keras.layers.Dense(4, name="root")(z)
    left = keras.layers.Dense(4, name="left")(root)
    right = keras.layers.Dense(4, name="right")(root)
    h = keras.layers.Add(name="meet")([left, right])
    h = keras.ops.tanh(h)
    h = keras.layers.BatchNormalization(name="norm")(h)
    joined = keras.layers.Concatenate(name="join")([h, label])
    return keras.Model([z, label], keras.layers.Dense(3, name="last")(joined))


def conditional(head):
    z, label = keras.Input((4,), name="z"), keras.Input((2,), name="label")
    h = keras.layers.Concatenate(name="join")([z, label])
    h = keras.layers.Dense(4, name="hidden")(h)
    return keras.Model([z, label], head(h))


@pytest.mark.parametrize("at", [[], ["first"], ["second"], ["first", "second"]])
def test_both_sides_of_every_cut_of_a_sequential_make_the_model(at):
    model = built()
    cut = models.split(model, at)
    assert cut.depth == len(at) + 1
    for layer in range(cut.depth + 1):
        h = cut.encode(X, to=layer)
        np.testing.assert_array_equal(cut.decode(h, from_=layer), model(X))


def test_layer_l_is_the_output_of_the_lth_name():
    model = built()
    cut = models.split(model, ["first", "second"])
    np.testing.assert_array_equal(cut.encode(X, to=1), model.layers[0](X))
    np.testing.assert_array_equal(
        cut.encode(X, to=2), model.layers[1](model.layers[0](X))
    )


def test_a_functional_model_is_cut_where_its_ways_meet():
    model = conditional(residual_head())
    z, label = X, X[:, :2]
    cut = models.split(model, ["hidden", "meet", "tanh"])  # an operation has a name too
    for layer in range(5):
        h = cut.encode([z, label], to=layer)
        np.testing.assert_array_equal(cut.decode(h, from_=layer), model([z, label]))


def residual_head():
    def head(h):
        left = keras.layers.Dense(4, name="left")(h)
        h = keras.ops.tanh(keras.layers.Add(name="meet")([h, left]))
        h = keras.layers.BatchNormalization(name="norm")(h)
        return keras.layers.Dense(3, name="last")(h)

    return head


def test_a_model_can_be_cut_again_and_elsewhere():
    model = conditional(residual_head())
    models.split(model, ["hidden", "norm"])
    cut = models.split(model, ["meet"])
    inputs = [X, X[:, :2]]
    h = cut.encode(inputs, to=1)
    np.testing.assert_array_equal(cut.decode(h, from_=1), model(inputs))


def test_weights_are_shared_with_the_model():
    model = built()
    cut = models.split(model, ["first"])
    before = np.asarray(cut(X))
    model.layers[2].bias.assign_add([1.0] * 4)
    np.testing.assert_allclose(cut(X), before + 1, rtol=1e-6)
    assert {id(v) for v in cut.variables} == {id(v) for v in model.variables}


def test_training_reaches_the_layers_of_every_stage():
    model = conditional(residual_head())
    cut = models.split(model, ["meet"])
    norm = model.get_layer("norm")
    cut([X, X[:, :2]])
    assert not np.any(norm.moving_mean)
    cut([X, X[:, :2]], training=True)
    assert np.all(norm.moving_mean)


@pytest.mark.parametrize(
    "at, sentence",
    [
        (["left"], "cut at 'left' is jumped over: 'right' takes the output of 'root'"),
        (["norm"], "cut at 'norm' is jumped over: 'join' takes the output of 'label'"),
        (["root"], "cut at 'root' is jumped over: 'join' takes the output of 'label'"),
        (["nrom"], "no layer 'nrom' at .* has 'root', .*; did you mean 'norm'"),
        (["z"], "'z' is the model's input"),
        (["last"], "'last' is the model's output"),
        (["join", "join"], "'join' is named twice"),
        ("join", "a list of layers' names"),
    ],
)
def test_a_cut_that_cannot_be_is_refused_in_a_sentence(at, sentence):
    with pytest.raises(ValueError, match=sentence):
        models.split(residual(), at)


def test_a_number_stands_for_one_of_the_models_layers():
    model = built()
    assert models.split(model, [0, -2]).layer_names == ("z", "first", "second", "x")


@pytest.mark.parametrize(
    "at, sentence",
    [
        (2, r"as at=\[2\], not int"),
        ([3], "must be below 3, .* not 3"),
        ([True], "model, not True"),
        ([None], "model, not None"),
    ],
)
def test_a_number_that_no_layer_has_is_refused(at, sentence):
    with pytest.raises(ValueError, match=sentence):
        models.split(built(), at)


def test_names_out_of_order_are_refused():
    with pytest.raises(ValueError, match="'first' does not come after 'second'"):
        models.split(built(), ["second", "first"])


def test_a_layer_used_twice_names_no_place():
    shared = keras.layers.Dense(4, name="shared")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.ReLU()(shared(shared(inputs))))
    with pytest.raises(ValueError, match="'shared' is used 2 times"):
        models.split(model, ["shared"])


def test_an_output_made_before_the_cut_jumps_over_it():
    inputs = keras.Input((4,))
    early = keras.layers.Dense(4, name="early")(inputs)
    late = keras.layers.Dense(4, name="late")(early)
    model = keras.Model(inputs, [early, keras.layers.ReLU(name="end")(late)])
    for cut in "early", "late":
        with pytest.raises(ValueError, match=f"at '{cut}' is jumped over: 'early' is"):
            models.split(model, [cut])


def test_names_inside_a_nested_model_are_not_seen():
    model = keras.Sequential([built(), keras.layers.Dense(2, name="outer")])
    model(X)
    with pytest.raises(ValueError, match="no layer 'second' at its top level"):
        models.split(model, ["second"])


def test_an_unbuilt_sequential_is_refused():
    with pytest.raises(ValueError, match="call it once"):
        models.split(sequential(), ["first"])


def test_a_model_whose_layers_nobody_can_see_is_refused():
    class Opaque(keras.Model):
        def call(self, x):
            return x

    class Overridden(keras.Sequential):
        def call(self, x, training=None, mask=None):
            return 2 * super().call(x, training=training, mask=mask)

    overridden = Overridden([keras.Input((4,)), keras.layers.Dense(4, name="first")])
    for model in Opaque(), overridden:
        with pytest.raises(ValueError, match=r"use LayeredModel\(\[model\]\)"):
            models.split(model, ["first"])
