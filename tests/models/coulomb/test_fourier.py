"""Tests for tf_collab.models.coulomb.fourier."""

import keras
import numpy as np
import pytest

from tf_collab import models

X = np.random.default_rng(0).uniform(-20, 20, size=[7, 2]).astype("float32")


def drawn(**options):
    """A D whose last layer is no longer 0."""
    d = models.FourierDiscriminator(6, 4, **options)
    kernel = d.stages[-1].layers[0].kernel
    kernel.assign(np.random.default_rng(1).normal(size=kernel.shape))
    return d


def test_it_is_cosines_dense_relu_and_one_score():
    d = drawn()
    (phase,) = (layer for layer in d.stages[0].layers if hasattr(layer, "kernel"))
    h = np.cos(X.astype(float) @ phase.kernel.numpy() + phase.bias.numpy())
    for stage in d.stages[1:-1]:
        dense = stage.layers[0]
        h = np.maximum(h @ dense.kernel.numpy() + dense.bias.numpy(), 0)
    last = d.stages[-1].layers[0]
    expected = (h @ last.kernel.numpy() + last.bias.numpy())[:, 0]
    np.testing.assert_allclose(d(X), expected, rtol=1e-4, atol=1e-5)
    assert d.depth == 4


def test_frequencies_are_normal_at_the_scale_asked_for_and_phases_uniform():
    n = 4000
    frequencies, phases = models.FourierDiscriminator(
        n, 2, frequency=0.7
    ).non_trainable_variables
    # Five standard errors of a standard deviation, and of a uniform's moments.
    assert np.std(frequencies) == pytest.approx(0.7, rel=5 / np.sqrt(2 * 2 * n))
    turns = phases.numpy() / (2 * np.pi)
    assert turns.min() >= 0 and turns.max() <= 1
    assert turns.mean() == pytest.approx(0.5, abs=5 / np.sqrt(12 * n))
    assert abs(np.exp(2j * np.pi * turns).mean()) < 5 / np.sqrt(n)


def test_neither_frequencies_nor_phases_learn_and_the_score_starts_at_zero():
    d = models.FourierDiscriminator(6, 4)
    assert len(d.non_trainable_variables) == 2
    assert len(d.trainable_variables) == 2 * 3
    np.testing.assert_array_equal(d(X), np.zeros(7))
    twin = models.copy(drawn())
    assert len(twin.non_trainable_variables) == 2
    np.testing.assert_array_equal(twin(X), drawn()(X))


def test_a_copy_rounds_as_little_in_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        d = drawn()
        np.testing.assert_array_equal(models.copy(d)(X), d(X))
    finally:
        keras.config.set_dtype_policy("float32")


def test_it_is_exported_to_plain_keras(tmp_path):
    d, path = drawn(), str(tmp_path / "d.keras")
    models.export(d, (2,)).save(path)
    np.testing.assert_array_equal(models.load(path)(X), d(X))


def test_a_frequency_that_is_no_scale_is_refused():
    with pytest.raises(ValueError, match="above 0, not 0"):
        models.FourierDiscriminator(frequency=0)
