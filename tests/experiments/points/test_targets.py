"""Targets in the plane: what is held out and what samples are compared with."""

import numpy as np
import pytest
from scipy import stats

from experiments import mog2d
from experiments.points import targets
from experiments.stages import sessions
from tf_collab import data, seeds


def made(dataset, num_samples=4000):
    config = mog2d.Config(dataset=dataset, num_samples=num_samples)
    every = sessions.seeds_of(config)
    target = targets.make(config, every)
    batches = [
        data.MIXTURES[dataset]().batch(num_samples, seed).numpy()
        for seed in seeds.split(every["reals"])
    ]
    return (target.task.held_out.numpy(), target.reference), batches


@pytest.mark.parametrize("dataset", ["Imbal-8Gaussians", "8Gaussians", "25Gaussians"])
def test_the_first_of_the_reals_have_all_modes_in_proportion(dataset):
    mixture = data.MIXTURES[dataset]()
    for reals in made(dataset)[0]:
        apart = np.linalg.norm(reals[:500, None] - mixture.centres, axis=2)
        counts = np.bincount(apart.argmin(axis=1), minlength=len(mixture.weights))
        assert stats.chisquare(counts, 500 * mixture.weights).pvalue > 1e-3


@pytest.mark.parametrize("dataset", data.MIXTURES)
def test_the_reals_are_those_of_the_target_in_another_order(dataset):
    for reals, batch in zip(*made(dataset, 300), strict=True):
        assert not np.array_equal(reals, batch)
        in_order = (rows[np.lexsort(rows.T)] for rows in (reals, batch))
        np.testing.assert_array_equal(*in_order)
