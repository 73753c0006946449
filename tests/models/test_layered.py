"""Tests for tf_collab.models.layered."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import models

X = np.random.default_rng(0).normal(size=[5, 4]).astype("float32")


def dense(units, **options):
    return keras.layers.Dense(units, **options)


def functional():
    inputs = keras.Input((4,))
    shared = dense(4)
    h = keras.layers.LeakyReLU()(shared(shared(inputs)))
    return keras.Model(inputs, dense(2)(keras.layers.Add()([h, inputs])))


class Nullary(keras.Model):
    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([dense(3, activation="relu"), dense(2)])

    def call(self, x):
        return self.net(x)


class Configured(keras.Model):
    def __init__(self, units=3):
        super().__init__()
        self.units, self.net = units, dense(units)

    def call(self, x, training=False):
        return self.net(x) + (1.0 if training else 0.0)

    def get_config(self):
        return {"units": self.units}


class Forgetful(keras.Model):
    """Keras' own config of it says slope=0.5, whatever it was made with."""

    def __init__(self, slope=0.5):
        super().__init__()
        self.slope, self.net = slope, dense(2)

    def call(self, x):
        return self.slope * self.net(x)


class Override(models.LayeredModel):
    def call(self, x, training=False):
        return 2.0 * super().call(x, training=training)


def called(model):
    model(X)
    return model


COPIED = {
    "sequential": lambda: keras.Sequential([dense(3), keras.layers.ReLU(), dense(2)]),
    "functional with a shared layer": functional,
    "nested": lambda: keras.Sequential([functional(), Nullary()]),
    "lambda": lambda: keras.Sequential([dense(3), keras.layers.Lambda(tf.tanh)]),
    "batch norm": lambda: keras.Sequential([keras.layers.BatchNormalization()]),
    "layered": lambda: models.LayeredModel([dense(3), tf.tanh, Nullary()]),
    "layered twice": lambda: models.LayeredModel([models.LayeredModel([dense(3)])]),
    "opaque": lambda: models.LayeredModel([Configured(5)]),
    "layer": lambda: dense(3, activation="tanh"),
    "our generator": lambda: models.MLPGenerator(8, 3, latent=4),
}


@pytest.mark.parametrize("name", COPIED)
def test_a_copy_says_the_same_from_variables_of_its_own(name):
    model = called(COPIED[name]())
    for variable in model.weights:  # nothing that a new model would have by itself
        variable.assign(np.random.default_rng(1).uniform(0.5, 1.5, variable.shape))
    twin = models.copy(models.copy(model))
    np.testing.assert_array_equal(twin(X), model(X))
    np.testing.assert_array_equal(twin(X, training=True), model(X, training=True))
    before = np.asarray(model(X))
    assert len(twin.trainable_variables) == len(model.trainable_variables)
    for variable in twin.variables:
        variable.assign(variable + 1)
    np.testing.assert_array_equal(model(X), before)


def test_a_layer_used_twice_is_one_layer_in_the_copy():
    layer = dense(4)
    twin = models.copy(called(models.LayeredModel([layer, tf.tanh, layer])))
    assert twin.stages[0] is twin.stages[2]
    assert len(twin.variables) == 2


def test_a_copy_is_trainable_where_the_model_was():
    model = keras.Sequential([dense(3), dense(3), dense(2)])
    called(model).layers[1].trainable = False
    names = [v.path.split("/")[-2] for v in models.copy(model).trainable_variables]
    assert names == [model.layers[i].name for i in (0, 0, 2, 2)]


def nests():
    return models.LayeredModel(
        [
            models.LayeredModel([dense(4), dense(4)]),
            keras.Sequential([dense(4), keras.layers.BatchNormalization()]),
            dense(2),
        ]
    )


FROZEN = {
    "a nested cut": lambda net: [net.stages[0]],
    "a nested chain": lambda net: [net.stages[1]],
    "a layer within": lambda net: [net.stages[0].stages[1], net.stages[1].layers[1]],
    "all of it": lambda net: [net],
    "nothing": lambda net: [],
}


@pytest.mark.parametrize("name", FROZEN)
def test_what_is_frozen_in_a_model_is_frozen_in_its_copy(name):
    model = called(nests())
    for part in FROZEN[name](model):
        part.trainable = False
    twin = models.copy(model)

    def trained(net):
        own = {id(v) for v in net.trainable_variables}
        return [id(v) in own for v in net.variables]

    assert trained(twin) == trained(model)
    assert [p.trainable for p in twin._flatten_layers()] == [
        p.trainable for p in model._flatten_layers()
    ]
    # The batch's own statistics are batch-norm's in training where it is not frozen.
    np.testing.assert_array_equal(twin(X, training=True), model(X, training=True))


def test_a_copy_restores_the_checkpoint_of_its_model(tmp_path):
    model = called(models.LayeredModel([dense(3), Nullary()]))
    path = tf.train.Checkpoint(model=model).write(str(tmp_path / "at"))
    twin = models.copy(model)
    for variable in twin.variables:
        variable.assign(variable + 1)
    tf.train.Checkpoint(model=twin).read(path).assert_consumed()
    np.testing.assert_array_equal(twin(X), model(X))


@pytest.mark.parametrize(
    "model",
    [
        Forgetful(0.1),
        models.LayeredModel([Forgetful(0.1)]),
        keras.Sequential([Forgetful(0.1)]),
        Override([dense(2)]),
    ],
)
def test_what_no_config_tells_is_run_on_variables_held_apart(model):
    twin, before = models.copy(called(model)), np.array(model(X))
    np.testing.assert_array_equal(twin(X), before)
    for variable in twin.trainable_variables:
        variable.assign(variable + 1)
    np.testing.assert_array_equal(model(X), before)
    assert not np.array_equal(twin(X), before)


def test_a_model_without_variables_yet_is_refused():
    for model in keras.Sequential([dense(2)]), models.LayeredModel([dense(2)]):
        with pytest.raises(ValueError, match="call it once"):
            models.copy(model)


def test_stages_run_in_inference_mode_unless_told():
    model = models.LayeredModel([Configured(3), Configured(3)])
    quiet = model(X)
    np.testing.assert_array_equal(model.decode(model.encode(X, to=1), from_=1), quiet)
    assert not np.allclose(model(X, training=True), quiet)
    assert not np.allclose(model.encode(X, to=1, training=True), model.encode(X, to=1))


def test_every_layer_cuts_the_model_in_two():
    model = models.MLPGenerator(8, 4, latent=4)
    for layer in range(model.depth + 1):
        h = model.encode(X, to=layer)
        np.testing.assert_array_equal(model.decode(h, from_=layer), model(X))
    np.testing.assert_array_equal(model.encode(X, to=0), X)


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_it_does_not_have_is_refused(layer):
    model = models.LayeredModel([tf.tanh, tf.tanh])
    with pytest.raises(ValueError, match=f"layer {layer} is not one of 0 to 2"):
        model.encode(X, to=layer)


def test_a_layer_may_be_given_by_its_name():
    hidden = keras.layers.Dense(4, "relu", name="hidden")
    model = models.LayeredModel([hidden, tf.tanh, keras.layers.Dense(2)])
    assert model.layer_names == ("z", "hidden", None, "x")
    for name, layer in ("z", 0), ("hidden", 1), ("x", 3):
        h = model.encode(X, to=name)
        np.testing.assert_array_equal(h, model.encode(X, to=layer))
        np.testing.assert_array_equal(model.decode(h, from_=name), model(X))
    named = models.LayeredModel([hidden, tf.tanh], layer_names=["first"])
    assert named.layer_names == models.copy(named).layer_names == ("z", "first", "x")


def test_a_layer_between_is_found_before_the_ends_of_its_name():
    for name, layer in ("z", 1), ("x", 2):
        names = ["a", "a"]
        names[layer - 1] = name
        model = models.LayeredModel([tf.tanh] * 3, layer_names=names)
        np.testing.assert_array_equal(
            model.encode(X, to=name), model.encode(X, to=layer)
        )


def test_a_name_that_no_layer_has_is_answered_with_those_there_are():
    model = models.LayeredModel([tf.tanh] * 3, layer_names=["deep", "wide"])
    for ask in lambda: model.encode(X, to="dep"), lambda: model.decode(X, from_="dep"):
        with pytest.raises(ValueError, match=r"'z', 'deep', .*; did you mean 'deep'"):
            ask()


def test_there_are_as_many_names_as_layers_between_stages():
    with pytest.raises(ValueError, match=r"3 stages have 2 layers .* gives 3"):
        models.LayeredModel([tf.tanh] * 3, layer_names=["a", "b", "c"])


@pytest.mark.parametrize("stages", [[], keras.layers.ReLU(), ["dense"]])
def test_stages_are_a_list_of_callables(stages):
    with pytest.raises(ValueError, match="a list of stages"):
        models.LayeredModel(stages)
