"""What the parts of a tuning share: seeds, batches, layers, and a D that may learn."""

import types

import numpy as np
import pytest
from helpers import linear_gan, small_cases

import tf_collab as tc
from tf_collab.front.case import Case
from tf_collab.front.rows import Rows


def test_seeds_of_uses_are_the_same_in_every_process():
    """A tuning that was killed goes on in another one: these are its numbers."""
    case = Case(*[None] * 5, seed=3, batch=1)
    found = {name: case.seed_of(name).numpy().tolist() for name in SEEDS}
    assert found == SEEDS


SEEDS = {"screen": [-2124193061, 1098120212], "shape": [-2124193061, 96708769]}


def test_a_row_keeps_its_label_in_every_batch():
    label = np.arange(50) % 7
    train = Rows((np.stack([label, -label], 1).astype("f4"), label), None, ())
    batch_at = small_cases.case_of(train=train, batch=20).batch_at("shape")
    for step in range(4):  # over the end of an epoch
        x, beside = batch_at(step)
        assert np.array_equal(x[:, 0], beside) and np.array_equal(x[:, 1], -beside)


PICTURES, POINTS, LABELS = np.zeros([9, 4, 4, 1]), np.zeros([9, 2]), np.zeros(9, int)


@pytest.mark.parametrize(
    "x, layers",
    [(POINTS, 4), ((POINTS, LABELS), 4), (PICTURES, 3), ((PICTURES, LABELS), 3)],
    ids=["points", "points with labels", "pictures", "pictures with labels"],
)
def test_pictures_are_not_refined_pixel_by_pixel(x, layers):
    gan = types.SimpleNamespace(generator=types.SimpleNamespace(depth=3))
    case = Case(gan, Rows(x, None, ()), *[None] * 3, seed=0, batch=1)
    assert [*case.layers] == [*range(layers)]


def test_a_d_that_learns_begins_as_given_and_without_the_others_calibrator():
    gan = linear_gan.linear_gan()._replace(calibrator=lambda score: -5 * score)
    own = small_cases.case_of(gan).own()
    x = small_cases.reals(3, n=10)
    score, before = (each.scored(x).score for each in (own, gan))
    assert np.array_equal(score, before)
    assert np.array_equal(own.log_ratio(score), tc.objectives.nsgan().log_ratio(score))
    own.discriminator.variables[0].assign_add([[1.0], [1.0]])
    assert np.array_equal(gan.scored(x).score, before)
