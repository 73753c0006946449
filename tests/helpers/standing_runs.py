"""Runs whose nets never learn, and what of their settings reached the library."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_collab as tc
from helpers import recording
from tf_collab import metrics

__all__ = [
    "IMAGES",
    "POINTS",
    "adam",
    "begin_apart",
    "draws_alike",
    "is_leaky",
    "looking",
    "optimizers",
    "sgd",
    "share_of_good",
    "steps",
    "told",
]

SHORT = {"calibrate_iters": 1, "shape_iters": 1, "method": ("standard",)}
SHORT |= {"rollout_steps": 1}
POINTS = {"num_samples": 80, "batch_size": 60, **SHORT}
IMAGES = {"width": 0.1, "features": "random", "num_samples": 80, "batch_size": 8}
IMAGES |= SHORT


def looking(runs, digits, factory):
    """`look(name)`: what reached the library in a run, which is made once."""
    known = {}

    def look(name):
        if name not in known:
            program, options = runs[name]
            if "features" in options:  # of images
                options = {**options, "data_dir": str(digits)}
            folder = factory.mktemp("settings") / "run"
            with recording.standing() as watch:
                program.run(program.Config(workdir=str(folder), **options))
            known[name] = watch
        return known[name]

    return look


def told(optimizer):
    config = optimizer.get_config()
    rate = float(optimizer.learning_rate)  # of a schedule, that of the first step
    return {**config, "learning_rate": rate, "name": type(optimizer).__name__}


def sgd(rate):
    return told(keras.optimizers.SGD(rate))


def adam(rate, beta_1):
    return told(keras.optimizers.Adam(rate, beta_1=beta_1, epsilon=1e-8))


def optimizers(watch):
    """Of G and D in training, of D when calibrated, of D when shaped."""
    assert [loop.kind for loop in watch.loops] == ["train", "calibrate", "shape"]
    return [told(one) for loop in watch.loops for one in loop.optimizers]


def steps(watch):
    """How nets step where that is not as usual."""
    (train,) = watch.loop("train")
    usual = {"shared_z": False, "g_steps": 1, "simultaneous": False}
    options = {name: train.options.get(name, value) for name, value in usual.items()}
    return {name: value for name, value in options.items() if value != usual[name]}


def begin_apart(watch):
    """Whether no two kernels begin alike: two dense nets have layers of one shape."""
    gan = watch.loops[0].gan
    weights = [*gan.generator.get_weights(), *gan.discriminator.get_weights()]
    kernels = [w.tobytes() for w in weights if w.ndim > 1]
    return len(kernels) == len({*kernels}) >= 6


def draws_alike(watch, prior, in_training=None):
    """Asserts that z is that of a prior, in training that of another one if given."""
    seed = tc.seeds.as_seed(3)
    for loop in watch.loops:
        np.testing.assert_array_equal(loop.gan.prior(5, seed), prior(5, seed))
    (train,) = watch.loop("train")
    trained, expected = train.options.get("prior") or prior, in_training or prior
    np.testing.assert_array_equal(trained(5, seed), expected(5, seed))


def is_leaky(watch, norms, batch_statistics):
    """Asserts that D of each loop has leaky layers, and so many batch-norms."""
    for loop in watch.loops:
        d = loop.gan.discriminator
        norm = [v for v in d.weights if "moving_mean" in v.path]
        assert len(norm) == norms and loop.gan.batch_statistics == batch_statistics
        kinds = (keras.layers.LeakyReLU, keras.layers.ReLU)
        slopes = [one for one in d._flatten_layers() if isinstance(one, kinds)]
        assert len(slopes) >= 3
        for layer in slopes:
            assert float(layer(tf.constant(-1.0))) == pytest.approx(-0.2)


def share_of_good(watch, radius, far):
    """Of samples that are `far` deviations from modes, those that count as good."""
    _, target, real, told_radius = watch.covered[0]
    assert told_radius == radius
    x = target.centres + [far * target.std, 0]
    return metrics.mode_coverage(x, target, real=real, radius=radius)["good"]
