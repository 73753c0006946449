"""Laws of every policy."""

import numpy as np
import pytest
import tensorflow as tf
from conformance import tables

START = tf.constant([[3.0, -1.0], [-2.0, 0.5], [0.7, 4.0]])
CURVE = tf.constant([1.0, 2.0])  # energy = sum of curve * h**2 / 2


@pytest.fixture(params=tables.POLICIES)
def policy(request):
    return tables.POLICIES[request.param]


def roll(policy, h, steps, gap=0.5):
    state = policy.init(h)
    for _ in range(steps):
        far = tf.fill([h.shape[0]], gap)
        delta, state = policy.update(CURVE * h, state, gap=lambda far=far: far)
        h = h + delta
    return h, state


def specs(state):
    return tf.nest.map_structure(lambda v: (tuple(v.shape), v.dtype), state)


def test_it_goes_downhill_from_either_side(policy):
    after, _ = roll(policy, START, 20)
    energy = tf.reduce_sum(CURVE * START**2, axis=1)
    assert (tf.reduce_sum(CURVE * after**2, axis=1) < energy).numpy().all()
    first, _ = roll(policy, START, 1)
    assert ((first - START) * START < 0).numpy().all()


def test_its_state_keeps_its_structure_shapes_and_types(policy):
    _, state = roll(policy, START, 2)
    assert specs(state) == specs(policy.init(START))


@pytest.mark.parametrize("shape", [[3], [3, 2, 4, 1]])
def test_an_activation_of_any_rank_will_do(policy, shape):
    h = tf.ones(shape)
    delta, _ = policy.update(h, policy.init(h), gap=lambda: tf.zeros([3]))
    assert delta.shape == shape and (delta < 0).numpy().all()


def test_a_sample_does_not_depend_on_its_batch_mates(policy):
    mates = tf.concat([START[:1], 50 * START[1:]], axis=0)
    whole, _ = roll(policy, START, 5)
    for h in (mates, START[:1]):
        np.testing.assert_array_equal(roll(policy, h, 5)[0][:1], whole[:1])


def test_a_gradient_of_0_moves_nothing(policy):
    h = tf.zeros([2, 3])
    delta, _ = policy.update(h, policy.init(h), gap=lambda: tf.zeros([2]))
    np.testing.assert_array_equal(delta, h)


def test_it_runs_in_a_loop_of_a_graph_and_is_traced_once(policy):
    @tf.function(autograph=False)
    def run(h):
        def body(i, h, state):
            delta, state = policy.update(
                CURVE * h, state, gap=lambda: tf.fill([3], 0.5)
            )
            return i + 1, h + delta, state

        loop = (0, h, policy.init(h))
        return tf.while_loop(lambda i, *_: i < 4, body, loop)[1]

    # The graph may fuse a product and a sum: a rounding each of 4 steps.
    np.testing.assert_allclose(run(START), roll(policy, START, 4)[0], rtol=1e-5)
    run(START + 1)
    assert run.experimental_get_tracing_count() == 1
