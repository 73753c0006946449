"""Frozen graphs of TensorFlow 1, limited to arithmetic on arrays.

A graph may hold any operation of TensorFlow, even one that writes a file or runs
Python, and a control input makes it run together with the rest.
"""

import collections
import math
import os
import pathlib
from collections.abc import Collection, Mapping

import tensorflow as tf

from tf_collab import archives, files
from tf_collab.metrics import wire

__all__ = ["OPS", "check_sizes", "read"]

# Operations of nets for images. None of them has a state, opens a file or a connection,
# calls a function or Python, or draws random numbers.
NAMES = """
    Const Placeholder PlaceholderWithDefault Identity IdentityN NoOp StopGradient
    CheckNumerics

    Abs Add AddN AddV2 BiasAdd BiasAddV1 Ceil ClipByValue Div DivNoNan Erf Exp Expm1
    Floor FloorDiv FloorMod Inv L2Loss Log Log1p Maximum Minimum Mod Mul MulNoNan Neg
    Pow RealDiv Reciprocal Rint Round Rsqrt Sign Sqrt Square SquaredDifference Sub
    TruncateDiv

    Elu LeakyRelu LogSoftmax Relu Relu6 Selu Sigmoid Softmax Softplus Softsign Tanh

    All Any Equal Greater GreaterEqual IsFinite IsInf IsNan Less LessEqual LogicalAnd
    LogicalNot LogicalOr NotEqual Select SelectV2

    ArgMax ArgMin Max Mean Min Prod Sum TopK TopKV2

    BatchMatMul BatchMatMulV2 MatMul

    AvgPool BatchNormWithGlobalNormalization Conv2D DepthwiseConv2dNative FusedBatchNorm
    FusedBatchNormV2 FusedBatchNormV3 LRN MaxPool MaxPoolV2

    BatchToSpaceND BroadcastTo Cast Concat ConcatV2 DepthToSpace ExpandDims Fill Gather
    GatherNd GatherV2 InvertPermutation MirrorPad OnesLike Pack Pad PadV2 Range Rank
    Reshape Reverse ReverseV2 Shape ShapeN Size Slice SpaceToBatchND SpaceToDepth Split
    SplitV Squeeze StridedSlice Tile Transpose Unpack ZerosLike

    CropAndResize ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor
"""
OPS = frozenset(NAMES.split())
# Operations before the start, which are never run and not imported.
DECODERS = frozenset(["DecodeGif", "DecodeJpeg", "DecodePng"])
# The size of their output is a value in the graph, not the size of their input.
GROWING = {"BroadcastTo", "Fill", "Range", "Tile"}
RESIZING = {op for op in OPS if "Resize" in op or "Pad" in op}

NODES = 10_000  # Inception has a thousand
FIELDS = 2**20  # of all messages in a file; Inception has some thirty thousand
FILE = 2**29  # bytes of a file
ARRAY = 2**30  # bytes of any array for BATCH images
BATCH = 100


def read(
    path: str | os.PathLike, *, start: str, ends: Collection[str]
) -> tf.compat.v1.GraphDef:
    """The nodes from `start`, replaced by a placeholder [n, h, w, 3], to `ends`.

    Raises ValueError if any node of the file is not among OPS, or if the file is
    damaged or too large. Nothing is imported then.
    """
    files.regular(path)
    with files.reading(path, "frozen graph"):
        if os.path.getsize(path) > FILE:
            raise ValueError(f"it has more than {FILE >> 20} MiB")
        content = pathlib.Path(path).read_bytes()
        whole = tf.compat.v1.GraphDef()
        wire.check_fields(content, whole.DESCRIPTOR, FIELDS)
        whole.ParseFromString(content)
        if len(whole.node) > NODES:
            raise ValueError(f"it has {len(whole.node)} nodes, more than any net")
        if whole.library.function or whole.library.gradient:
            raise ValueError("it has a library of functions")
        nodes = {node.name: node for node in whole.node}
        needed = _needed(nodes, start, ends)
        for node in whole.node:
            _check_node(node, OPS if node.name in needed else OPS | DECODERS)
        part = tf.compat.v1.GraphDef(versions=whole.versions)
        part.node.add().CopyFrom(_images(start))
        for name in (name for name in nodes if name in needed):
            node = part.node.add()
            node.CopyFrom(nodes[name])
            node.device = ""
            for hidden in [key for key in node.attr if key.startswith("_")]:
                del node.attr[hidden]
        _check_constants(part, os.path.getsize(path))
    return part


def check_sizes(graph: tf.Graph) -> None:
    """Raises ValueError if an array of the graph would be too large for the memory."""
    for op in graph.get_operations():
        for out in op.outputs:
            sizes = [None] if out.shape.rank is None else out.shape.as_list()
            telling = sizes if op.type in GROWING else sizes[1:] or sizes
            if op.type in GROWING | RESIZING and None in telling:
                raise ValueError(f"its node {op.name!r} makes arrays of any size")
            # Other unknown sizes are those of an image.
            rows, *others = sizes or [1]
            known = [BATCH if rows is None else rows, *(n or 1 for n in others)]
            if math.prod(known) * _bytes(out.dtype) > ARRAY:
                raise ValueError(f"its node {op.name!r} makes arrays of {sizes}")


def _check_node(node: tf.compat.v1.NodeDef, allowed: Collection[str]) -> None:
    if node.op not in allowed:
        raise ValueError(
            f"its node {node.name!r} is the operation {node.op!r}, which is not among "
            "those of nets for images"
        )
    for name, value in node.attr.items():
        if value.HasField("func") or value.list.func:
            raise ValueError(f"its node {node.name!r} has a function as its {name!r}")


def _check_constants(part: tf.compat.v1.GraphDef, size: int) -> None:
    """Raises ValueError if constants are too large, since one number may fill one."""
    total = 0
    for node in (node for node in part.node if node.op == "Const"):
        value = node.attr["value"].tensor
        sizes = [max(1, dim.size) for dim in value.tensor_shape.dim]
        total += math.prod(sizes) * _bytes(tf.as_dtype(value.dtype))
        if total > archives.ROOM + archives.GROWTH * size:
            raise ValueError(f"constants up to node {node.name!r} take {total} bytes")


def _bytes(dtype: tf.DType) -> int:
    return max(1, dtype.size or 1)


def _images(name: str) -> tf.compat.v1.NodeDef:
    node = tf.compat.v1.NodeDef(name=name, op="Placeholder")
    node.attr["dtype"].type = tf.float32.as_datatype_enum
    for size in (-1, -1, -1, 3):
        node.attr["shape"].shape.dim.add().size = size
    return node


def _needed(
    nodes: Mapping[str, tf.compat.v1.NodeDef], start: str, ends: Collection[str]
) -> set[str]:
    """The names of the nodes between start and ends, control inputs included."""
    needed, pending = set(), collections.deque(ends)
    while pending:
        name = pending.popleft()
        if name in needed or name == start:
            continue
        if name not in nodes:
            raise ValueError(f"it has no node {name!r}")
        needed.add(name)
        # `name`, `name:1` and `^name` are inputs from the same node.
        pending += (put.lstrip("^").split(":")[0] for put in nodes[name].input)
    return needed
