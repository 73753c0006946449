"""Tests for tf_collab.metrics.frozen: a graph that is handed over only computes."""

import os

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from tf_collab import archives, metrics
from tf_collab.metrics import frozen

OLD = tf.compat.v1


def small_graph(between=lambda h: h):
    """Inception's names, three features wide; `between` makes more of the images."""
    with tf.Graph().as_default() as graph:
        data = OLD.placeholder(tf.string, [], name="DecodeJpeg/contents")
        pixels = tf.io.decode_jpeg(data, channels=3, name="DecodeJpeg")
        image = tf.expand_dims(tf.cast(pixels, tf.float32), 0, name="ExpandDims")
        h = between(image)
        pool = tf.reduce_mean(h, [1, 2], keepdims=True, name="pool_3")
        flat = tf.reshape(pool, [-1, 3])
        tf.matmul(flat, tf.ones([3, 5]), name="softmax/logits/MatMul")
    return graph.as_graph_def()


def node(definition, name):
    (found,) = (node for node in definition.node if node.name == name)
    return found


def refused(path, definition, sentence):
    path.write_bytes(definition.SerializeToString())
    with pytest.raises(ValueError, match=sentence) as told:
        metrics.inception_v3(path)
    assert repr(str(path)) in str(told.value)
    assert len(str(told.value).splitlines()) == 1


def test_what_is_taken_has_no_state_and_calls_nothing():
    for name in frozen.OPS | frozen.DECODERS:
        op = op_def_registry.get(name)
        kinds = {part.type for part in (*op.input_arg, *op.output_arg)}
        assert not kinds & {tf.resource.as_datatype_enum, tf.variant.as_datatype_enum}
        assert not any("func" in attr.type for attr in op.attr)
        # That one has a state by name alone: it fails on NaN.
        assert not op.is_stateful or name == "CheckNumerics"


def test_arithmetic_is_computed(tmp_path):
    scale = np.float32([1, 2, 4])
    path = tmp_path / "a.pb"
    path.write_bytes(small_graph(lambda h: tf.nn.relu(h * scale)).SerializeToString())
    images = np.linspace(-1, 1, 2 * 4 * 4 * 3, dtype="f4").reshape(2, 4, 4, 3)
    net = metrics.inception_v3(path)
    expected = ((images + 1) * 127.5 * scale).mean(axis=(1, 2))
    np.testing.assert_allclose(net.features(images), expected, rtol=1e-5)
    assert net.logits(net.features(images)).shape == (2, 5)


def write_file(target):
    return lambda: tf.io.write_file(str(target), "ran")


def read_file(target):
    return lambda: tf.io.read_file("/etc/hostname")


def python(target):
    return lambda: tf.numpy_function(lambda: target.touch() or 1.0, [], tf.float32)


def variable(target):
    return lambda: tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[3])


def random(target):
    return lambda: tf.random.normal([])


def table(target):
    return lambda: tf.raw_ops.HashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)


def data(target):
    return lambda: tf.raw_ops.TextLineDataset(
        filenames="/etc/hostname", compression_type="", buffer_size=0
    )


def printed(target):
    return lambda: tf.raw_ops.PrintV2(input="ran")


def queue(target):
    return lambda: tf.raw_ops.FIFOQueueV2(component_types=[tf.float32])


def restored(target):
    return lambda: tf.raw_ops.RestoreV2(
        prefix="/tmp/x", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
    )


def loop(target):
    return lambda: tf.while_loop(lambda i: i < 3, lambda i: i + 1, [0])


ATTACKS = {
    write_file: "WriteFile",
    read_file: "ReadFile",
    python: "PyFunc",
    variable: "VarHandleOp",
    random: "RandomStandardNormal",
    table: "HashTableV2",
    data: "TextLineDataset",
    printed: "PrintV2",
    queue: "FIFOQueueV2",
    restored: "RestoreV2",
    loop: "it has a library of functions",
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("place", ["control input", "aside", "of an input left out"])
def test_a_graph_that_does_more_is_refused_and_not_run(attack, place, tmp_path):
    target = tmp_path / "target"

    def between(h):
        more = attack(target)()
        if place != "control input":
            return h
        more = more if isinstance(more, (tf.Operation, tf.Tensor)) else more[0]
        with tf.control_dependencies([more]):
            return tf.identity(h)

    definition = small_graph(between)
    if place == "of an input left out":
        for one in definition.node:
            if one.op == ATTACKS[attack]:
                node(definition, "ExpandDims").input.append(f"^{one.name}")
    sentence = ATTACKS[attack]
    if " " not in sentence:
        sentence = f"its node '.*' is the operation '{sentence}', which is not"
    refused(tmp_path / "a.pb", definition, sentence)
    assert not target.exists()


def test_a_function_as_an_attribute_is_refused(tmp_path):
    definition = small_graph()
    node(definition, "pool_3").attr["f"].func.name = "own"
    refused(tmp_path / "a.pb", definition, "'pool_3' has a function as its 'f'")
    definition = small_graph()
    node(definition, "pool_3").attr["fs"].list.func.add().name = "own"
    refused(tmp_path / "a.pb", definition, "'pool_3' has a function as its 'fs'")


def test_decoding_is_left_out_or_refused(tmp_path):
    def between(h):
        return h + tf.cast(tf.io.decode_png(tf.constant(b"png")), tf.float32)

    refused(tmp_path / "a.pb", small_graph(between), "the operation 'DecodePng'")


def test_a_device_and_hidden_attributes_are_left_out(tmp_path):
    definition = small_graph()
    for one in definition.node:
        one.device = "/job:worker/task:3"
        one.attr["_class"].list.s.append(b"loc:@gone")
    (tmp_path / "a.pb").write_bytes(definition.SerializeToString())
    metrics.inception_v3(tmp_path / "a.pb")


def filled(h):
    return h + tf.reshape(tf.fill([2**20, 2**20], 1.0)[:1, :3], [3])


def filled_by_the_images(h):
    n = tf.cast(tf.reduce_max(h), tf.int32)
    return h + tf.fill([n], 1.0)[0]


def tiled(h):
    return tf.tile(h, [1, 10**5, 10**5, 1])


def resized(h):
    return tf.raw_ops.ResizeBilinear(images=h, size=[10**5, 10**5])


def resized_by_the_images(h):
    size = tf.cast(tf.reduce_max(h), tf.int32)
    return tf.raw_ops.ResizeBilinear(images=h, size=[size, size])


def outer_product(h):
    row = tf.constant(1.0, shape=[2**20])
    return h + tf.reduce_sum(row[:, None] * row[None])


@pytest.mark.parametrize(
    "between",
    [
        filled,
        filled_by_the_images,
        tiled,
        resized,
        resized_by_the_images,
        outer_product,
    ],
    ids=lambda f: f.__name__,
)
def test_arrays_beyond_any_memory_are_refused_before_they_are_made(between, tmp_path):
    refused(tmp_path / "a.pb", small_graph(between), "its node '.*' makes arrays of")


def test_one_number_cannot_stand_for_a_huge_constant(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "ROOM", 2**20)
    definition = small_graph(lambda h: h + tf.constant(1.0, name="huge"))
    value = node(definition, "huge").attr["value"].tensor
    value.tensor_shape.dim.add().size = 2**28
    refused(tmp_path / "a.pb", definition, "'huge' take 1073")


def test_too_many_nodes_are_refused(tmp_path, monkeypatch):
    definition = small_graph()
    monkeypatch.setattr(frozen, "NODES", len(definition.node) - 1)
    refused(tmp_path / "a.pb", definition, "more than any net")


@pytest.mark.parametrize("where", ["nodes", "sizes of a constant", "inputs"])
def test_a_file_of_many_small_fields_is_refused_before_it_is_parsed(
    where, tmp_path, monkeypatch
):
    monkeypatch.setattr(frozen, "FIELDS", 10_000)  # as many take seconds to make
    definition = small_graph()
    if where == "nodes":
        definition.node.extend([OLD.NodeDef()] * frozen.FIELDS)
    elif where == "inputs":
        node(definition, "pool_3").input.extend([""] * frozen.FIELDS)
    else:
        value = node(definition, "pool_3/reduction_indices").attr["value"].tensor
        sizes = value.tensor_shape.dim
        sizes.extend([type(sizes[0])()] * frozen.FIELDS)
    monkeypatch.setattr(OLD.GraphDef, "ParseFromString", None)
    refused(tmp_path / "a.pb", definition, "it has more fields than any net")


def test_a_long_chain_is_imported_and_run(tmp_path, monkeypatch):
    monkeypatch.setattr(frozen, "NODES", 2000)
    definition = small_graph()
    before = "ExpandDims"
    for i in range(frozen.NODES - len(definition.node)):
        one = definition.node.add(name=f"n{i}", op="Identity", input=[before])
        one.attr["T"].type = tf.float32.as_datatype_enum
        before = one.name
    node(definition, "pool_3").input[0] = before
    (tmp_path / "a.pb").write_bytes(definition.SerializeToString())
    metrics.inception_v3(tmp_path / "a.pb")


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda d: d.node.remove(node(d, "pool_3")), "it has no node 'pool_3'"),
        (lambda d: node(d, "pool_3").input.append("pool_3"), "Input|input|cycle"),
        (lambda d: node(d, "pool_3").input.append("gone:0"), "it has no node 'gone'"),
        (lambda d: node(d, "pool_3").attr["T"].Clear(), ""),
        (lambda d: setattr(d.versions, "min_consumer", 2**30), "version"),
    ],
)
def test_a_damaged_graph_is_a_sentence(change, sentence, tmp_path):
    definition = small_graph()
    change(definition)
    refused(tmp_path / "a.pb", definition, sentence or "not a readable")


def test_another_shape_of_features_is_a_sentence(tmp_path):
    path = tmp_path / "a.pb"
    wrong = small_graph(lambda h: tf.concat([h, h], axis=3))
    refused(path, wrong, "is not a readable Inception graph of 2015")
    fed = small_graph(lambda h: h + OLD.placeholder(tf.float32, []))
    refused(path, fed, "is not a readable Inception graph of 2015: You must feed")
    os.unlink(path)
    os.mkfifo(path)
    with pytest.raises(ValueError, match="is a named pipe"):
        metrics.inception_v3(path)
