"""Tests for tf_collab.training.loop."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, models, objectives, priors, seeds, training


def trainee():
    """(variables, step) of a tiny GAN with batch-norm and Adam, always the same."""
    nets = models.MLPGenerator(4, 2), models.MLPDiscriminator(4, 2)
    opts = keras.optimizers.Adam(1e-2), keras.optimizers.Adam(1e-2)
    gan = GAN(*nets, priors.normal(2), objectives.nsgan())
    step = training.train_step(gan, *opts, xla=False)
    return [v for part in (*nets, *opts) for v in part.variables], step


def recorder():
    """A step that keeps what it was given in variables, by index."""
    seen = tf.Variable(tf.zeros([20, 3], tf.int32))

    def step(index, seed, batch):
        row = tf.concat([seed, [batch]], axis=0)
        seen.scatter_nd_update([[index]], [row])
        return {"index": tf.cast(index, tf.float32), "two": tf.constant(2.0)}

    return seen, step


def test_a_resumed_run_repeats_an_unbroken_one_bit_for_bit(target):
    def batch_at(i):
        return target.batch(32, seeds.fold_in(seeds.as_seed(5), i))

    whole, step = trainee()
    training.run(step, batch_at, 7, seed=1, every=2)
    broken, step = trainee()
    training.run(step, batch_at, 3, seed=1, every=2)
    values = [v.numpy() for v in broken]
    resumed, step = trainee()  # as in another process
    for variable, value in zip(resumed, values):
        variable.assign(value)
    training.run(step, batch_at, 7, seed=1, first=3, every=5)
    for a, b in zip(whole, resumed):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    assert any((a.numpy() != b).any() for a, b in zip(whole, values))


def test_where_functions_run_eagerly_nothing_is_traced_and_bits_are_the_same(target):
    def batch_at(i):
        shown.append(i)
        return target.batch(32, seeds.fold_in(seeds.as_seed(5), i))

    found, shown = [], []
    for eagerly in (False, True):
        variables, step = trainee()
        tf.config.run_functions_eagerly(eagerly)
        try:
            shown.clear()
            training.run(step, batch_at, 3, seed=1, every=2)
        finally:
            tf.config.run_functions_eagerly(False)
        found.append([v.numpy() for v in variables])
    assert all(tf.executing_eagerly() and hasattr(i, "numpy") for i in shown)
    assert [int(i) for i in shown] == [0, 0, 0, 1, 2]  # a batch is tried twice before
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


def test_step_i_gets_the_ith_seed_and_batch_once():
    seen, step = recorder()
    training.run(step, lambda i: 10 * i, 12, seed=4, first=2, every=5)
    expected = np.zeros([20, 3], int)
    for i in range(2, 12):
        expected[i] = [*seeds.fold_in(seeds.as_seed(4), i).numpy(), 10 * i]
    np.testing.assert_array_equal(seen.numpy(), expected)


@pytest.mark.parametrize(
    "first, steps, every, at",
    [
        (0, 12, 5, [5, 10, 12]),
        (3, 12, 5, [5, 10, 12]),
        (5, 10, 5, [10]),
        (0, 3, 5, [3]),
        (4, 4, 5, []),
        (6, 4, 5, []),
    ],
)
def test_hooks_see_the_last_scalars_at_multiples_and_at_the_end(
    first, steps, every, at
):
    _, step = recorder()
    calls = []
    hooks = [lambda *call: calls.append(call), lambda done, _: calls.append(done)]
    training.run(
        step, lambda i: i, steps, seed=0, first=first, every=every, hooks=hooks
    )
    assert calls[1::2] == at
    assert calls[::2] == [(done, {"index": done - 1.0, "two": 2.0}) for done in at]


def test_hooks_see_stops_too_each_once_and_none_beyond_the_run():
    _, step = recorder()
    calls = []
    training.run(
        step,
        lambda i: i,
        12,
        seed=0,
        first=2,
        every=5,
        stops=(11, 2, 3, 5, 40),
        hooks=[lambda done, scalars: calls.append((done, scalars["index"]))],
    )
    assert calls == [(done, done - 1) for done in (3, 5, 10, 11, 12)]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_not_finite_stops_at_once_and_names_the_step(value):
    ran, calls = tf.Variable(0), []

    def step(index, seed, batch):
        ran.assign_add(1)
        bad = tf.equal(index, 6)  # the seventh
        return {"fine": tf.constant(0.0), "d_loss": tf.where(bad, value, 1.0)}

    hooks = [lambda done, scalars: calls.append(done)]
    with pytest.raises(FloatingPointError, match=r"^d_loss is .* at step 7$"):
        training.run(step, lambda i: i, 20, seed=0, every=5, hooks=hooks)
    assert ran.numpy() == 7 and calls == [5]


def test_it_is_traced_once_for_all_of_its_calls():
    traces = []

    def step(index, seed, batch):
        traces.append(1)
        return {"loss": tf.cast(index, tf.float32)}

    training.run(step, lambda i: i, 9, seed=0, every=2)
    assert len(traces) == 1


@pytest.mark.parametrize("seconds", [1e-3, 0.3, 5.0])
def test_a_call_takes_two_seconds_or_a_step_whatever_a_step_takes(seconds, monkeypatch):
    ran = tf.Variable(0)

    def step(index, seed, batch):
        ran.assign_add(1)
        return {"loss": tf.cast(index, tf.float32)}

    clock = types.SimpleNamespace(monotonic=lambda: seconds * float(ran))
    monkeypatch.setattr("tf_collab.training.loop.time", clock)
    calls, hooked = [0], []
    training.run(
        step,
        lambda i: i,
        240,
        seed=0,
        hooks=[lambda done, scalars: hooked.append(done)],
        between=calls.append,
    )
    sizes = np.diff(calls)
    assert sizes.sum() == ran.numpy() == 240
    assert sizes.max() == min(100, max(1, int(2 / seconds)))
    assert hooked == [100, 200, 240]  # however many calls there were


def test_what_is_raised_between_two_calls_leaves_the_steps_before_whole():
    ran, calls = tf.Variable(0), []

    def step(index, seed, batch):
        ran.assign_add(1)
        return {"loss": tf.cast(index, tf.float32)}

    def between(done):
        assert ran.numpy() == done
        calls.append(done)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.run(step, lambda i: i, 50, seed=0, between=between)
    assert ran.numpy() == calls[-1] < 50


def test_progress_counts_steps_after_each_call():
    seen, step = recorder()
    told = []

    def progress(done, total):
        assert seen.numpy()[2:done].any(axis=1).all()  # they are done
        told.append((done, total))

    training.run(step, lambda i: i, 12, seed=0, first=2, every=5, progress=progress)
    done, totals = zip(*told)
    assert set(totals) == {12} and done[-1] == 12
    assert list(done) == sorted(set(done)) and {5, 10} <= set(done)
