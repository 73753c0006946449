"""Tests for tf_collab.metrics.pretrained."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import metrics

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, size=(3, 10, 12, 3)).astype(np.float32)
KERNEL = RNG.normal(size=(3, 5)).astype(np.float32)
MEAN, VARIANCE = np.float32([1, 2, 3]), np.float32([4, 9, 16])


def old_graph():
    """The names and the oldest op of Inception's graph of 2015, three channels wide."""
    with tf.Graph().as_default() as graph:
        data = tf.compat.v1.placeholder(tf.string, [], name="DecodeJpeg/contents")
        pixels = tf.io.decode_jpeg(data, channels=3, name="DecodeJpeg")
        image = tf.expand_dims(tf.cast(pixels, tf.float32), 0, name="ExpandDims")
        tf.raw_ops.ResizeBilinear(images=image, size=[6, 6], name="ResizeBilinear")
        for name, value in zip(
            ("mean", "variance", "zero"), (MEAN, VARIANCE, [0.0] * 3)
        ):
            tf.constant(value, name=name)
        pool = tf.compat.v1.placeholder(tf.float32, [1, 6, 6, 3], name="conv")
        tf.reduce_mean(pool, [1, 2], keepdims=True, name="pool_3")
        flat = tf.reshape(pool[:, 0, 0], [1, 3], name="pool_3/_reshape")
        tf.matmul(flat, KERNEL, name="softmax/logits/MatMul")
    definition = graph.as_graph_def()
    (conv,) = (node for node in definition.node if node.name == "conv")
    conv.Clear()
    conv.name, conv.op = "conv", "BatchNormWithGlobalNormalization"
    conv.input.extend(["ResizeBilinear", "mean", "variance", "zero", "zero"])
    conv.attr["T"].type = tf.float32.as_datatype_enum
    conv.attr["variance_epsilon"].f = 0
    conv.attr["scale_after_normalization"].b = False
    definition.versions.producer = 8  # a later one refuses that op
    return definition


def write(path, definition):
    path.write_bytes(definition.SerializeToString())
    return path


def tiny_inception(*, weights, classifier_activation):
    """In place of InceptionV3, where only what surrounds it is tested."""
    assert classifier_activation is None
    if weights == "imagenet":
        raise Exception("URL fetch failure on https://...\nNone")
    x = inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3)(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(5)(x))


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(keras.applications, "InceptionV3", tiny_inception)
    return tiny_inception(weights=None, classifier_activation=None)


def test_the_frozen_graph_takes_bytes_values_and_resizes_by_itself(tmp_path):
    net = metrics.inception_v3(write(tmp_path / "a.pb", old_graph()), batch=2)
    small = tf.raw_ops.ResizeBilinear(images=(IMAGES + 1) * 127.5, size=[6, 6])
    expected = np.mean((small - MEAN) / np.sqrt(VARIANCE), axis=(1, 2))
    found = net.features(IMAGES)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    np.testing.assert_allclose(net.logits(found), expected @ KERNEL, rtol=1e-4)
    grey = net.features(IMAGES[..., :1])
    np.testing.assert_array_equal(
        grey, net.features(np.repeat(IMAGES[..., :1], 3, axis=3))
    )


def test_other_graphs_are_refused(tmp_path):
    definition = old_graph()
    del definition.node[-1]  # softmax/logits/MatMul
    (tmp_path / "b.pb").write_bytes(b"no graph")
    (tmp_path / "c.pb").touch()
    for path in (
        write(tmp_path / "a.pb", definition),
        tmp_path / "b.pb",
        tmp_path / "c.pb",
    ):
        with pytest.raises(
            ValueError, match="is not a readable frozen graph: "
        ) as refused:
            metrics.inception_v3(path)
        assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_keras_own_inception_reads_a_file_of_its_weights(tmp_path, monkeypatch):
    path = tmp_path / "a.weights.h5"
    model = keras.applications.InceptionV3(weights=None, classifier_activation=None)
    model.save_weights(path)
    resized = tf.image.resize(IMAGES[:1], [299, 299], antialias=True)
    expected = model(resized, training=False)
    for variable in model.weights:
        variable.assign(tf.zeros_like(variable))
    # The same net again, because making another takes seconds.
    monkeypatch.setattr(keras.applications, "InceptionV3", lambda **_: model)
    net = metrics.inception_v3(path)
    features = net.features(IMAGES[:1])
    assert features.shape == (1, 2048)
    np.testing.assert_allclose(net.logits(features), expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5", ".keras"])
def test_weights_and_whole_models_are_read_with_and_without_a_top(
    suffix, tiny, tmp_path
):
    headless = keras.Model(tiny.inputs, tiny.layers[-1].input)
    for name, model in (("top", tiny), ("notop", headless)):
        path = tmp_path / (name + suffix)
        model.save_weights(path) if "weights" in suffix else model.save(path)
        net = metrics.inception_v3(str(path))
        features = net.features(IMAGES)
        expected = metrics.from_keras(headless)(IMAGES)
        np.testing.assert_array_equal(features, expected)
        assert (net.logits is None) == (model is headless) and net.layer == "pool3"


def test_other_files_are_refused(tiny, tmp_path):
    narrow = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 3)])
    paths = [tmp_path / name for name in ("a.weights.h5", "a.keras", "b.h5", "c.keras")]
    narrow.save_weights(paths[0])
    narrow.save(paths[1])
    paths[2].write_bytes(b"no archive")
    paths[3].write_bytes(b"no archive")
    told = ["does not hold the weights"] * 2 + ["is not a readable file of weights"] * 2
    for path, sentence in zip(paths, told):
        with pytest.raises(ValueError, match=sentence) as refused:
            metrics.inception_v3(path)
        assert str(path) in str(refused.value)
    (tmp_path / "a.txt").touch()
    with pytest.raises(ValueError, match=r"a\.txt should end in \.pb"):
        metrics.inception_v3(tmp_path / "a.txt")
    with pytest.raises(ValueError, match=r"no file .*gone\.pb"):
        metrics.inception_v3(tmp_path / "gone.pb")


def test_a_failed_download_is_one_sentence(tiny):
    with pytest.raises(ValueError, match=r"path of a file: URL fetch .*[^.]\.$"):
        metrics.inception_v3()


def test_a_cache_that_was_cut_short_is_one_sentence(tmp_path, monkeypatch):
    name = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / name).write_bytes(b"\x89HDF\r\n cut short")

    def fetched(**_):
        return keras.utils.get_file(
            name,
            f"https://storage.googleapis.com/tensorflow/keras-applications/{name}",
            cache_dir=str(tmp_path),
            cache_subdir="models",
            file_hash="9a0d58056eeedaa3f26cb7ebd46da564",
        )

    def no_network(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(keras.applications, "InceptionV3", fetched)
    monkeypatch.setattr(keras.src.utils.file_utils, "urlretrieve", no_network)
    with pytest.raises(ValueError, match=r"Keras could not fetch .*no network") as told:
        metrics.inception_v3()
    assert len(str(told.value).splitlines()) == 1
