"""Three replicas learn what one process learns from the same global batch."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import replicas

HERE = pathlib.Path(__file__)
CASES = ["gradient_penalty", "coulomb", "coulomb_with_itself", "convolutions"]
CASES += ["shaping", "labels", "relativistic", "kale"]


@pytest.fixture(scope="module")
def found():
    done = subprocess.run(
        [sys.executable, HERE.with_name("replica_program.py")],
        cwd=HERE.parents[2],
        env={**os.environ, "PYTHONPATH": ".:tests"},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", CASES)
def test_weights_and_losses_are_those_of_one_process(case, found):
    """But for sums of float32 in another order: ten steps, each with some 1e-7."""
    moved, apart = found[case]
    assert apart < 4e-6 < 1e-3 < moved


def test_batch_norms_that_are_not_synchronized_see_the_rows_of_their_replica(found):
    """As a net of one process does that normalises each third of a batch apart."""
    from_global, from_thirds = found["own_statistics"]
    assert from_thirds < 4e-6 < 1e-3 < from_global


def test_what_replicas_cannot_do_is_told(found):
    sentences = "clip the share", "xla=True", "the same noise", "one device alone"
    sentences += ("25 rows cannot be shared evenly by 3 replicas",)
    for words, told in zip(sentences, found["refused"], strict=True):
        assert words in told


def test_outside_of_a_strategy_there_is_one_replica():
    x = tf.range(5.0)
    assert (replicas.count(), replicas.number()) == (1, 0)
    for share in (replicas.mine, replicas.gathered, replicas.mean):
        np.testing.assert_array_equal(share(x), x)
    step = lambda index, seed, batch: {}
    assert replicas.shared(step) is step
