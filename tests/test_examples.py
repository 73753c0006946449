"""Examples in docstrings and documents run as they stand."""

import doctest
import importlib
import pkgutil

import keras
import numpy as np
import pytest

import tf_collab as tc

# Examples that are too few or too long to help are missing ones.
FRONT = (
    "base.GAN",
    "checks.check",
    "front.advise",
    "front.collaborate",
    "front.fit_discriminator",
    "front.from_keras",
    "front.summary",
    "metrics.calibration_report",
    "metrics.frechet_distance",
    "metrics.mode_coverage",
    "metrics.precision_recall_density_coverage",
    "models.scorer",
    "models.split",
    "sampling.compose",
    "sampling.draw",
    "sampling.drs",
    "sampling.mhgan",
    "sampling.refine",
    "sampling.suggest_rate",
)


@pytest.fixture(scope="module")
def names():
    """What an example may use: a small GAN, its reals, and the usual modules."""
    gan = tc.GAN(
        tc.models.MLPGenerator(nhidden=8, nlayers=3),
        tc.models.MLPDiscriminator(nhidden=8, nlayers=2),
        tc.priors.normal(2),
        tc.objectives.nsgan(),
    )
    # Within reach of the samples of a generator that has learned nothing.
    x = gan.generator(gan.prior(200, (0, 2)))
    return {"tc": tc, "keras": keras, "np": np, "gan": gan, "real": gan.scored(x)}


def examples():
    found = []
    for info in pkgutil.walk_packages(tc.__path__, "tf_collab."):
        module = importlib.import_module(info.name)
        found += [x for x in doctest.DocTestFinder().find(module) if x.examples]
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_an_example_gives_what_it_says(example, names):
    example.globs.update(names)
    runner = doctest.DocTestRunner(optionflags=doctest.REPORT_NDIFF)
    told: list[str] = []
    runner.run(example, out=told.append)
    assert runner.failures == 0, "".join(told)


@pytest.mark.parametrize("name", FRONT)
def test_the_front_door_has_examples(name):
    part, name = name.split(".")
    thing = getattr(getattr(tc, part), name)
    lines = doctest.DocTestParser().get_examples(thing.__doc__)
    assert 2 <= len(lines) <= 6
