"""Nets and data shared by the tests."""

import gc
import os
import random

from helpers import cheaply

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported
os.environ.update(cheaply.ENVIRONMENT)

import numpy as np
import pytest

# A graph is made of many small objects: looking for rubbish took a tenth of the time.
gc.set_threshold(50_000, 5, 2)


def pytest_collection_finish():
    """Nothing that was imported is ever rubbish.

    TensorFlow comes with the tests: a process that hands them out starts none.
    """
    cheaply.trace_quickly()
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def seeded():
    """So that layers a test makes without a seed begin the same in every run.

    Keras asks Python's generator for their seeds. TensorFlow's is left alone: to seed
    it throws away every operation that was made ready, which took longer than tests.
    """
    random.seed(0)
    np.random.seed(0)


@pytest.fixture(scope="session")
def target():
    from tf_collab import data

    return data.imbalanced_ring(scale=1.0)


@pytest.fixture(scope="session")
def trained(target):
    """A tiny GAN, trained until batch-norm's statistics are not those of a new net."""
    import keras

    from tf_collab import GAN, models, objectives, priors, seeds, training

    generator, discriminator = models.MLPGenerator(8, 3), models.MLPDiscriminator(8, 3)
    gan = GAN(generator, discriminator, priors.normal(2), objectives.nsgan())
    step = training.train_step(
        gan, keras.optimizers.SGD(0.05), keras.optimizers.SGD(0.05), xla=False
    )
    seed = seeds.as_seed(1)
    training.run(
        step, lambda i: target.batch(64, seeds.fold_in(seed, i)), 30, seed=0, every=30
    )
    return gan
