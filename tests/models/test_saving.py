"""Tests for tf_collab.models.saving."""

import os
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import models

# Keras saves variables in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ impl:DeprecationWarning")

Z = np.random.default_rng(0).normal(size=[5, 4]).astype("float32")


class Own(keras.layers.Layer):
    def call(self, x):
        return x


def own_activation(x):
    return x


def trained():
    """Stages of every kind that can be exported, with weights of no new model."""
    inner = keras.Sequential(
        [keras.layers.Dense(6, activation="gelu"), keras.layers.BatchNormalization()]
    )
    dense = keras.layers.Dense(3, activation="relu")
    model = models.LayeredModel([inner, models.LayeredModel([dense]), keras.ops.tanh])
    model(Z)
    for variable in model.weights:
        variable.assign(np.random.default_rng(1).uniform(0.5, 1.5, variable.shape))
    return model


def test_the_file_gives_the_same_model_and_can_be_cut_again(tmp_path):
    model = trained()
    path = tmp_path / "g.keras"
    models.export(model, (4,)).save(path)
    loaded = models.load(path)
    np.testing.assert_array_equal(loaded(Z), model(Z))
    cut = models.split(loaded, ["layer_1", "layer_2"])
    assert cut.depth == model.depth
    for layer in range(model.depth + 1):
        np.testing.assert_array_equal(
            cut.encode(Z, to=layer), model.encode(Z, to=layer)
        )


def test_the_file_loads_without_this_library(tmp_path):
    model, path = models.MLPGenerator(8, 3), tmp_path / "g.keras"
    models.export(model, 2).save(path)
    np.save(tmp_path / "z.npy", Z[:, :2])
    code = (
        "import sys, keras, numpy as np\n"
        "g = keras.models.load_model('g.keras')\n"
        "np.save('x.npy', g(np.load('z.npy')))\n"
        "assert not any(name.startswith('tf_collab') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), model(Z[:, :2]))


def test_weights_are_copied_and_training_passes():
    model = trained()
    exported = models.export(model, (4,))
    assert {id(v) for v in exported.variables}.isdisjoint(map(id, model.variables))
    np.testing.assert_array_equal(exported(Z, training=True), model(Z, training=True))


def test_several_inputs_are_given_as_keras_inputs(tmp_path):
    join = keras.layers.Concatenate()
    model = models.LayeredModel([join, keras.layers.Dense(2)])
    z = [Z, Z[:, :1]]
    exported = models.export(model, [keras.Input((4,)), keras.Input((1,))])
    exported.save(tmp_path / "g.keras")
    loaded = models.load(tmp_path / "g.keras")
    np.testing.assert_array_equal(loaded(z), model(z))


@pytest.mark.parametrize(
    "stage, sentence",
    [
        (Own(), "holds a Own"),
        (keras.Sequential([Own()]), "holds a Own"),
        (keras.layers.Lambda(lambda x: x), "holds a Lambda layer"),
        (keras.layers.Dense(2, activation=own_activation), "function own_activation"),
        (tf.function(own_activation), "layer_2 is the function own_activation"),
    ],
)
def test_what_no_file_can_carry_is_refused(stage, sentence):
    model = models.LayeredModel([keras.layers.Dense(3), stage])
    with pytest.raises(ValueError, match=sentence):
        models.export(model, (4,))


def saved(path):
    models.export(models.MLPGenerator(4, 2), (2,)).save(path)
    return path


def lambdas(path):
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)]).save(path)


def truncated(path):
    data = saved(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def other_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")


def unknown_class(path):
    keras.Sequential([keras.Input((2,)), Own()]).save(path)


def class_of_a_notebook(path):
    """For which Keras writes no module."""
    net = type("Net", (keras.Sequential,), {"__module__": "__main__"})
    net([keras.Input((2,)), keras.layers.Dense(2)]).save(path)


def damaged_weights(path):
    with zipfile.ZipFile(saved(path)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["model.weights.h5"] = b"nothing"
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


def bare_layer(path):
    config = '{"module": "keras.layers", "class_name": "ReLU", "config": {}}'
    with zipfile.ZipFile(saved(path)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in {**parts, "config.json": config}.items():
            archive.writestr(name, part)


@pytest.mark.parametrize(
    "write, sentence",
    [
        (lambda path: None, "there is no file"),
        (lambda path: path.write_text("hello"), "is not a readable .keras file"),
        (lambda path: path.mkdir(), "is a folder"),
        (os.mkfifo, "is a named pipe"),
        (truncated, "is not a readable .keras file"),
        (other_zip, "it has 'hello.txt', which a net does not need"),
        (lambdas, "it has a Lambda"),
        (unknown_class, r"Own, and classes .* not loaded .*functional\)$"),
        (class_of_a_notebook, r"g\.keras' names Net, and classes .* tc\.collaborate"),
        (damaged_weights, "is not a readable .keras file"),
        (bare_layer, "holds a ReLU, which is not a Keras model"),
    ],
)
def test_every_failure_to_load_is_a_sentence_that_names_the_file(
    tmp_path, write, sentence
):
    path = tmp_path / "g.keras"
    write(path)
    with pytest.raises(ValueError, match=sentence) as e:
        models.load(path)
    assert repr(str(path)) in str(e.value)
    assert "\n" not in str(e.value)


@pytest.mark.filterwarnings("ignore:You are saving a model that has not yet")
def test_a_model_that_was_never_built_is_refused(tmp_path):
    keras.Sequential([keras.layers.Dense(2)]).save(tmp_path / "g.keras")
    with pytest.raises(ValueError, match=r"g\.keras' holds a model without weights"):
        models.load(tmp_path / "g.keras")


def test_another_ending_is_refused(tmp_path):
    path = saved(tmp_path / "g.keras").rename(tmp_path / "g.h5")
    with pytest.raises(ValueError, match=r"g\.h5' is not a \.keras file"):
        models.load(path)
