"""A wrong objective or prior, few rows and shared ones can be seen in a report."""

import numpy as np
import pytest
from helpers import keras_nets, linear_gan, small_cases

import tf_collab as tc
from tf_collab.front import slips
from tf_collab.front.rows import Rows

GAN = linear_gan.linear_gan()


def rows(n):
    return Rows(np.zeros([n, 2], "f4"), None, ())


@pytest.mark.parametrize(
    "prior, law",
    [
        (tc.priors.normal(3), "z standard normal, [batch, 3];"),
        (tc.priors.uniform(3, low=0, high=2), "z uniform on [0, 2), [batch, 3];"),
        (tc.priors.truncated(3, at=0.5), "z truncated normal at 0.5, [batch, 3];"),
        (tc.priors.quasi_normal(3), "z by a law of its own;"),
        (lambda n, seed: None, "z by a law of its own;"),
        (
            tc.priors.labelled(tc.priors.normal(16), 10),
            "z standard normal, [batch, 16] with a label of 10;",
        ),
        (
            tc.priors.labelled(lambda n, seed: None, 3, one_hot=True, in_turn=True),
            "z by a law of its own with a one-hot label of 3 in turn;",
        ),
        (
            tc.priors.labelled(tc.priors.uniform(2), 2, frequencies=[1, 3]),
            "z uniform on [-1, 1), [batch, 2] with a label of 2 by frequencies;",
        ),
    ],
)
def test_the_prior_is_told_in_words(prior, law):
    (text,) = slips.told(GAN._replace(prior=prior), "lsgan", rows(512), rows(200))
    assert text.startswith(f"Given: objective lsgan; {law} 512 rows of x_train; 200 ")


def test_few_rows_of_x_train_are_doubted():
    (text,) = slips.few(rows(slips.FEWEST - 1))
    assert text.startswith("x_train has 511 rows, which are few")
    assert not slips.few(rows(slips.FEWEST))


def test_what_was_given_reaches_the_report():
    x, held = small_cases.reals(1, 600), small_cases.reals(2, 300)
    held[:20] = x[:20]
    g, d = keras_nets.chain(), keras_nets.classifier()
    with pytest.warns(tc.Doubt, match="20 of 300 held-out rows are in x_train too"):
        c = tc.collaborate(g, d, x, held_out=held, objective="lsgan")
    first, second = c.notes[:2]
    assert first.startswith("Given: objective lsgan; z standard normal, [batch, 3];")
    assert second.startswith("20 of 300 held-out rows are in x_train too: leave out")
