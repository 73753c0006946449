"""Tests for tf_collab.data.images.pipeline."""

import numpy as np
import pytest
import tensorflow as tf

from tf_collab import data, seeds, training

N = 23
RNG = np.random.default_rng(0)
# Image i is i everywhere.
PIXELS = np.tile(np.arange(N, dtype=np.uint8)[:, None, None, None], (1, 2, 3, 1))


@pytest.fixture(params=["array", "map"])
def numbered(request, tmp_path):
    if request.param == "array":
        return data.Images(PIXELS)
    np.save(tmp_path / "a.npy", PIXELS)
    return data.Images(data.MappedPixels(tmp_path / "a.npy"))


def numbers(batch):
    return np.rint(127.5 * (batch.numpy()[:, 0, 0, 0] + 1)).astype(int).tolist()


def seen(batch_at, steps):
    batch_at = tf.function(batch_at, autograph=False)
    return [i for step in tf.range(steps) for i in numbers(batch_at(step))]


@pytest.mark.parametrize("batch", [1, 4, 22, 23])
def test_every_epoch_shows_every_image_once(batch, numbered):
    order = seen(data.batches(numbered, batch, seed=0), 3 * N)
    epochs = [order[i : i + N] for i in range(0, 3 * N, N)]
    assert all(sorted(epoch) == list(range(N)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


@pytest.mark.parametrize("n", [2, 3, 257])
def test_every_number_of_images_can_be_shuffled(n):
    pixels = np.arange(n * 2, dtype=np.uint16).view(np.uint8).reshape(n, 1, 1, 4)
    batch_at = data.batches(data.Images(pixels), 1, seed=0)
    batch_at = tf.function(batch_at, autograph=False)
    shown = np.concatenate([batch_at(i) for i in tf.range(n)])
    shown = data.to_pixels(shown).numpy().reshape(n, 4)
    assert sorted(shown.tolist()) == sorted(pixels.reshape(n, 4).tolist())


def test_images_are_shown_in_every_place_alike():
    epochs = 200
    first = seen(data.batches(data.Images(PIXELS), N, seed=0), epochs)[::N]
    counts = np.bincount(first, minlength=N)
    # Chi-squared with N - 1 degrees of freedom: four sigma.
    distance = ((counts - epochs / N) ** 2).sum() / (epochs / N)
    assert distance < N - 1 + 4 * np.sqrt(2 * (N - 1))


def test_a_batch_is_floats_of_a_static_shape(numbered):
    batch_at = data.batches(numbered, 5, seed=0)
    assert batch_at(0).shape == (5, 2, 3, 1) and batch_at(0).dtype == tf.float32
    graph = tf.function(batch_at).get_concrete_function(tf.TensorSpec([], tf.int32))
    assert graph.outputs[0].shape == (5, 2, 3, 1)


def test_a_batch_is_the_same_in_a_graph_and_in_a_loop(numbered):
    batch_at = data.batches(numbered, 5, seed=7)
    alone = [batch_at(i).numpy() for i in range(12)]
    graph = tf.function(batch_at, autograph=False)

    @tf.function(autograph=False)
    def loop():
        def body(i, all_of_them):
            return i + 1, all_of_them.write(i, batch_at(i))

        start = (tf.constant(0), tf.TensorArray(tf.float32, 12))
        return tf.while_loop(lambda i, _: i < 12, body, start)[1].stack()

    np.testing.assert_array_equal([graph(tf.constant(i)) for i in range(12)], alone)
    np.testing.assert_array_equal(loop(), alone)


def test_a_map_gives_what_memory_gives(numbered):
    expected = seen(data.batches(data.Images(PIXELS), 4, seed=3), 9)
    assert seen(data.batches(numbered, 4, seed=3), 9) == expected


def test_a_seed_decides(numbered):
    first, again, other = (
        seen(data.batches(numbered, 4, seed=seed), 5)
        for seed in (1, seeds.as_seed(1), 2)
    )
    assert first == again != other


def test_it_goes_on_far_beyond_what_int32_counts(numbered):
    batch_at = data.batches(numbered, N, seed=0)
    assert sorted(numbers(batch_at(2**31 - 1))) == list(range(N))


def test_a_training_loop_can_use_it(numbered):
    sums = []
    training.run(
        lambda index, seed, real: {"mean": tf.reduce_mean(real)},
        data.batches(numbered, 4, seed=0),
        6,
        seed=0,
        every=2,
        hooks=[lambda step, scalars: sums.append(scalars["mean"])],
    )
    batch_at = data.batches(numbered, 4, seed=0)
    np.testing.assert_allclose(
        sums, [batch_at(i).numpy().mean() for i in (1, 3, 5)], rtol=1e-6
    )


def test_more_images_than_a_graph_can_hold_are_no_part_of_it():
    pixels = np.zeros([3 * 2**10, 2**10, 2**10, 1], np.uint8)  # 3 GiB, none touched
    batch_at = tf.function(data.batches(data.Images(pixels), 2, seed=0))
    graph = batch_at.get_concrete_function(tf.TensorSpec([], tf.int32)).graph
    assert graph.as_graph_def().ByteSize() < 20_000
    np.testing.assert_array_equal(batch_at(tf.constant(1000)), -1)


@pytest.mark.parametrize("batch", [0, -1, 24])
def test_a_batch_larger_than_the_set_is_refused(batch, numbered):
    with pytest.raises(ValueError, match=f"must be 1 to 23, .* but is {batch}"):
        data.batches(numbered, batch, seed=0)


def test_a_map_that_vanishes_is_told_in_and_out_of_a_graph(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, PIXELS)
    batch_at = data.batches(data.Images(data.MappedPixels(path)), 4, seed=0)
    graph = tf.function(batch_at)
    graph(tf.constant(0))
    path.unlink()
    words = "No such file or directory .these images were in use.*a.npy"
    with pytest.raises(FileNotFoundError, match=words):
        batch_at(0)
    with pytest.raises(tf.errors.UnknownError, match=words):
        graph(tf.constant(1))


def test_floats_reach_from_minus_one_to_one_and_come_back():
    pixels = np.arange(256, dtype=np.uint8)
    x = data.to_float(pixels).numpy()
    assert x[0] == -1 and x[255] == 1 and x.dtype == np.float32
    np.testing.assert_allclose(x, np.arange(256) / 127.5 - 1, atol=2.0**-23)
    np.testing.assert_array_equal(data.to_pixels(x), pixels)


def test_what_lies_outside_is_clipped_and_between_is_rounded():
    x = np.array([-3, -1.001, -1 + 0.4 / 127.5, -1 + 0.6 / 127.5, 1.001, np.inf])
    assert data.to_pixels(x).numpy().tolist() == [0, 0, 0, 1, 255, 255]


def test_arrays_and_their_labels_stay_together_in_the_order_of_images():
    x = RNG.normal(size=(N, 2))
    labels, name = np.arange(N), {"x": x, "y": tf.constant(x[:, 0])}
    batch_at = data.batches((x, labels, name), 5, seed=3)
    images_at = data.batches(data.Images(PIXELS), 5, seed=3)
    for step in range(6):
        rows, seen, named = batch_at(step)
        assert seen.numpy().tolist() == numbers(images_at(step))
        assert rows.dtype == tf.float32  # float64 is not what nets take
        np.testing.assert_array_equal(rows, x[seen.numpy()].astype("f4"))
        np.testing.assert_array_equal(named["y"], rows[:, 0])
    graph = tf.function(batch_at, autograph=False)
    rows, seen, _ = graph(tf.constant(7))
    np.testing.assert_array_equal(seen, batch_at(7)[1])
    assert rows.shape == (5, 2)


@pytest.mark.parametrize("pixels", [PIXELS, PIXELS[..., 0], tf.constant(PIXELS)])
def test_bytes_of_pictures_become_floats_and_other_bytes_stay(pixels):
    kinds = np.arange(N, dtype=np.uint8)
    x, labels = data.batches((pixels, kinds), 4)(2)
    assert x.dtype == tf.float32 and labels.dtype == tf.uint8
    expected = data.to_float(np.asarray(pixels)[labels.numpy()])
    np.testing.assert_array_equal(x, expected)


def test_an_array_has_an_order_of_chance_without_a_seed():
    first, again, other = (
        data.batches(np.arange(100), 100, **how)(0).numpy()
        for how in ({}, {"seed": 0}, {"seed": 1})
    )
    assert (first == again).all() and (first != other).any()
    assert (first != np.arange(100)).any()


@pytest.mark.parametrize(
    "rows, words",
    [
        ((np.zeros(3), np.zeros(4)), "of one length, but these have 3 and 4 rows"),
        ((), "have no rows"),
        ([[1.0, 2.0], [3.0, 4.0]], "arrays .rows, .... of numbers.*not of float"),
        (np.array("a"), "not of <U1 .."),
        (np.array(["a", "b"]), "not of <U1 .2."),
        (tf.data.Dataset.range(3), "cannot give rows by their numbers.*into arrays"),
    ],
)
def test_what_has_no_rows_is_refused(rows, words):
    with pytest.raises(ValueError, match=words):
        data.batches(rows, 1)
