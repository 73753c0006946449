"""Tests for tf_collab.sampling.depths: two walks a slot, and the paths of one."""

import numpy as np
import pytest
import tensorflow as tf
from helpers.known_refinement import POLICIES, SKEWED, Z

from tf_collab import sampling, seeds
from tf_collab.cpu import threads
from tf_collab.sampling import depths, rollout

STEPS = 6


def drawn(n):
    return tf.constant(np.random.default_rng(n).integers(0, STEPS + 1, n), tf.int32)


@pytest.mark.parametrize(
    "name, n", [*((name, 19) for name in sorted(POLICIES)), ("ladam", 1), ("ladam", 20)]
)
def test_a_pair_takes_the_paths_of_the_plain_loop(name, n):
    options = SKEWED, POLICIES[name], 0
    given = SKEWED.prior(n, seeds.as_seed(2)), drawn(n), tf.fill([n], 0.7)
    plain = rollout.roll_out(*options, "random", None, None, (), leave=False)
    paired = depths.in_pairs(depths.roll_out(*options, None, ()))
    for ours, theirs in zip(tf.function(paired)(*given), tf.function(plain)(*given)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 7, 8, 501])
@pytest.mark.parametrize("order", [depths.deepest_first, depths.in_pairs])
def test_samples_come_back_in_order(order, n):
    walk = lambda h, depth, real_mean: rollout.Point(h, h[..., 0], -h[..., 0], depth)
    h, depth = tf.random.stateless_normal([n, 2], [0, 1]), drawn(n)
    found = order(walk)(h, depth, tf.zeros([n]))
    np.testing.assert_array_equal(found.x, h)
    np.testing.assert_array_equal(found.score, h[:, 0])
    np.testing.assert_array_equal(found.steps, depth)


def test_no_slot_walks_in_vain():
    """Depths of 0, 1, ... K are in pairs of K, and others in pairs of like lengths."""
    seen = []

    def walk(h, depth, real_mean):
        seen.append(np.sum(depth, axis=1))
        return rollout.Point(h, h, h, depth)

    count = 50
    for depth in (np.random.default_rng(0).permutation(count), [*range(count)] * 9):
        depth = tf.constant(depth, tf.int32)
        depths.in_pairs(walk)(tf.cast(depth, tf.float32), depth, tf.zeros(len(depth)))
        np.testing.assert_array_equal(seen.pop(), count - 1)
    depth = tf.constant(np.random.default_rng(0).integers(0, 51, 1000), tf.int32)
    depths.in_pairs(walk)(tf.cast(depth, tf.float32), depth, tf.zeros(1000))
    # The sum of the i-th least and i-th largest of 1000 has a deviation of 1.2 at most.
    assert np.ptp(seen[0]) < 9 and (np.diff(seen[0]) <= 0).all()


def test_every_core_has_a_slice_of_enough_rows(monkeypatch):
    for cores, rows in [(1, 250), (2, 250), (4, 125), (64, 50)]:
        monkeypatch.setattr(threads, "available", lambda cores=cores: cores)
        assert depths.rows_of(500) == rows
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    assert depths.rows_of(200) == 200


def test_xla_walks_where_plain_graphs_do():
    found = []
    for xla in (True, False):
        walk = sampling.refine(
            SKEWED, POLICIES["ladam"], layer=1, steps=STEPS, pick="random", xla=xla
        )
        state = walk.init((0, 1), Z, SKEWED.scored(SKEWED.generator(Z)))
        scored, _, info = walk.step((0, 2), Z, state)
        found.append((scored.x, scored.score, info["steps"]))
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
