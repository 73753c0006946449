"""Tests for tf_collab.models.adapters."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import models

X = np.random.default_rng(0).normal(size=[6, 4]).astype("float32")
SQUARE = np.random.default_rng(0).normal(size=[6, 8, 8, 3]).astype("float32")


def dense(units=1, **options):
    return keras.Sequential([keras.layers.Dense(units, **options)])


def returning(shape):
    """A D that gives its input, so that the scores are known."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Activation("linear")(inputs))


@pytest.mark.parametrize("shape", [(), (1,), (3, 1), (4, 5, 1)])
def test_a_score_is_the_mean_of_what_d_says_of_a_sample(shape):
    out = np.random.default_rng(1).normal(size=[6, *shape]).astype("float32")
    score = models.scorer(returning(shape))(out)
    np.testing.assert_allclose(score, out.reshape(6, -1).mean(1), rtol=1e-5, atol=1e-7)
    assert score.shape == [6]


def test_a_scored_d_keeps_its_batch_in_a_graph_of_unknown_size():
    d = models.scorer(keras.Sequential([keras.layers.Conv2D(1, 3)]))
    spec = tf.TensorSpec([None, 8, 8, 3])
    scores = tf.function(d).get_concrete_function(spec)(tf.constant(SQUARE))
    np.testing.assert_allclose(scores, d(SQUARE), rtol=1e-5)


def test_a_probability_becomes_its_logit():
    logit = np.linspace(-60, 15, 301, dtype="float32")[:, None]
    d = keras.Sequential([keras.layers.Activation("sigmoid")])
    score = models.scorer(d, probability=True)(logit)
    # Near 1 a probability is a multiple of 2**-24: the logit of one is that uncertain.
    uncertain = 2.0**-24 * (1 + np.exp(logit[:, 0].astype("float64")))
    error = np.abs(score.numpy().astype("float64") - logit[:, 0])
    assert (error <= 2 * uncertain + 1e-6 * np.abs(logit[:, 0])).all()


@pytest.mark.parametrize("logit, bound", [(-1e4, -69.1), (-90.0, -69.1), (1e4, 16.6)])
def test_a_saturated_probability_has_the_documented_score(logit, bound):
    d = keras.Sequential([keras.layers.Activation("sigmoid")])
    score = models.scorer(d, probability=True)(np.array([[logit]], "float32"))
    assert score.numpy() == pytest.approx([bound], abs=0.1)


class Unseen(keras.Model):
    """A D whose ending nobody can see: its input, or a patch of each number."""

    def call(self, x, training=False):
        return x


@pytest.mark.parametrize("out", [[-0.5, 0.5], [0.5, 1.5], [[[-9.0], [9.5]]]])
def test_numbers_that_are_no_probabilities_are_refused(out):
    d = models.scorer(Unseen(), probability=True)
    with pytest.raises(ValueError, match=r"gives numbers from .*: leave it out"):
        d(tf.constant(out))


def test_probabilities_of_0_and_1_are_taken():
    d = models.scorer(Unseen(), probability=True)
    assert np.isfinite(d(tf.constant([0.0, 1.0, 1.0001, -0.0001]))).all()


def test_the_gradient_of_a_probabilitys_score_is_that_of_its_logit():
    x = tf.constant([[-40.0], [-3.0], [0.0], [3.0]])
    d = models.scorer(
        keras.Sequential([keras.layers.Activation("sigmoid")]), probability=True
    )
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = d(x)
    np.testing.assert_allclose(tape.gradient(score, x), np.ones([4, 1]), rtol=1e-4)


@pytest.mark.parametrize("units", [1, 2])
def test_patches_of_probabilities_are_the_mean_of_their_logits(units):
    logit = np.random.default_rng(2).normal(size=[6, units, units, 1]).astype("float32")
    d = keras.Sequential([keras.layers.Activation("sigmoid")])
    score = models.scorer(d, probability=True)(logit)
    np.testing.assert_allclose(score, logit.mean((1, 2, 3)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(2,), (3,), (4, 4), (4, 4, 2)])
def test_other_shapes_are_refused_at_once_where_they_are_known(shape):
    with pytest.raises(ValueError, match=r"returns \[batch\].*this one \[None, "):
        models.scorer(returning(shape))


def test_other_shapes_are_refused_when_called_where_they_are_not():
    with pytest.raises(
        ValueError, match=r"this one \[6, 2\].*logit of the real column"
    ):
        models.scorer(dense(2))(X)


SIGMOIDS = {
    "dense": lambda: dense(activation="sigmoid"),
    "dense, the function": lambda: dense(activation=keras.activations.sigmoid),
    "layer": lambda: keras.Sequential(
        [keras.layers.Dense(1), keras.layers.Activation("sigmoid")]
    ),
    "reshaped": lambda: keras.Sequential(
        [keras.layers.Dense(1, activation="sigmoid"), keras.layers.Reshape(())]
    ),
    "nested": lambda: keras.Sequential([dense(3), dense(activation="sigmoid")]),
    "functional": lambda: as_functional(dense(activation="sigmoid")),
    "operation": lambda: as_functional(dense(), keras.ops.sigmoid),
    "operation, reshaped": lambda: as_functional(
        dense(), keras.ops.sigmoid, keras.layers.Flatten()
    ),
    "layered": lambda: models.LayeredModel([dense(), keras.activations.sigmoid]),
}


def as_functional(*parts):
    h = inputs = keras.Input((4,))
    for part in parts:
        h = part(h)
    return keras.Model(inputs, h)


@pytest.mark.parametrize("name", SIGMOIDS)
def test_a_sigmoid_at_ds_end_is_noticed(name):
    d = SIGMOIDS[name]()
    with pytest.raises(ValueError, match="pass probability=True"):
        models.scorer(d)
    score = models.scorer(d, probability=True)(X)
    prob = np.asarray(d(X), "float64").ravel()
    np.testing.assert_allclose(score, np.log(prob / (1 - prob)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("d", [dense(), dense(activation="tanh"), returning((1,))])
def test_a_probability_without_a_sigmoid_is_noticed(d):
    with pytest.raises(ValueError, match="ends in a sigmoid, and this one does not"):
        models.scorer(d, probability=True)


def test_a_hidden_sigmoid_is_no_sigmoid_at_the_end():
    d = keras.Sequential([dense(3, activation="sigmoid"), dense()])
    assert models.scorer(d)(X).shape == [6]


class Own(keras.Model):
    """Nobody can see how it ends."""

    def __init__(self):
        super().__init__()
        self.net = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(0.5))
        self.drop = keras.layers.Dropout(0.9, seed=0)

    def call(self, x, training=False):
        return keras.ops.sigmoid(self.net(self.drop(x, training=training)))


def test_an_opaque_d_is_believed():
    d = Own()
    prob = models.scorer(d)(X)
    score = models.scorer(d, probability=True)(X)
    np.testing.assert_allclose(tf.sigmoid(score), prob, rtol=1e-5)


def test_variables_losses_and_training_are_the_discriminators():
    d = Own()
    scored = models.scorer(d, probability=True)
    quiet = scored(X)
    assert [id(v) for v in scored.trainable_variables] == [
        id(v) for v in d.trainable_variables
    ]
    kernel = d.net.kernel.numpy()
    assert scored.losses[0].numpy() == pytest.approx(0.5 * (kernel**2).sum(), rel=1e-5)
    assert not np.allclose(scored(X, training=True), quiet)


def test_it_can_be_copied_and_saved(tmp_path):
    scored = models.scorer(Own(), probability=True)
    score = scored(X)
    twin = models.copy(scored)
    path = tf.train.Checkpoint(d=scored).write(str(tmp_path / "at"))
    twin.trainable_variables[0].assign_add(tf.ones([4, 1]))
    np.testing.assert_array_equal(scored(X), score)
    assert not np.allclose(twin(X), score)
    tf.train.Checkpoint(d=twin).read(path).assert_consumed()
    np.testing.assert_array_equal(twin(X), score)


@pytest.mark.parametrize("ending", [None, "sigmoid"])
@pytest.mark.parametrize("shape", [(4,), (8, 8, 3)])
def test_a_file_of_it_gives_its_scores(ending, shape, tmp_path):
    x = SQUARE if len(shape) > 1 else X
    net = keras.layers.Conv2D(1, 3, activation=ending)
    if len(shape) == 1:
        net = keras.layers.Dense(1, activation=ending)
    d = keras.Sequential([keras.Input(shape), net])
    scored = models.scorer(d, probability=ending is not None)
    models.export(scored, shape).save(tmp_path / "d.keras")
    loaded = models.load(tmp_path / "d.keras")
    assert loaded.output_shape == (None,)
    # The same operations; Keras may fuse them otherwise in its own program.
    np.testing.assert_allclose(loaded(x), scored(x), rtol=1e-5, atol=1e-6)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="patches is 'mean', not 'max'"):
        models.scorer(dense(), patches="max")
    with pytest.raises(ValueError, match="wraps a Keras layer or model, not function"):
        models.scorer(lambda x: x)
