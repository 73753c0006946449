"""What files of tests of one collaboration share."""

import numpy as np
import pytest
from helpers import small_tunings

import tf_collab as tc


@pytest.fixture(scope="module")
def few():
    """Tunings of few samples and steps."""
    with small_tunings.tunings_of(**small_tunings.FEW):
        yield


@pytest.fixture(scope="module")
def reals(target):
    """What is learned of, and what is held out."""
    return [np.asarray(target.batch(400, tc.seeds.as_seed(s))) for s in (5, 6)]
