"""Batches by step, as a graph can ask for them."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_collab import tensors
from tf_collab.cpu import compilation

__all__ = ["Feed", "feed"]

HOW = "tc.data.batches(rows, 64) is such a function of arrays"


class Feed(NamedTuple):
    """Batches, and what went wrong with them."""

    at: Callable[[tf.Tensor], Any]  # step [], a tensor of a graph -> the batch
    failed: list[Exception]  # in Python, of which TensorFlow keeps the words alone


def feed(batch_at: Callable[[Any], Any], first: int) -> Feed:
    """`batch_at` for a graph: traced once, or asked as the Python that it is.

    A function of tensors is traced. One that gives arrays, or that cannot be traced, is
    called at every step, with the step as an int. Raises TypeError if `batch_at` is not
    a function, and ValueError if it gives two batches for the step `first`.
    """
    if not callable(batch_at):
        kind, why = type(batch_at).__name__, ""
        if isinstance(batch_at, tf.data.Dataset):
            why = (
                ": its rows come in order, while a run that is resumed asks for the "
                "batch of any step"
            )
        raise TypeError(
            f"batch_at is a function of a step, and the {kind} that was given is not "
            f"one{why}; read the rows into arrays, since {HOW}"
        )
    like, step = _tried(batch_at, first)
    if not _same(like, batch_at(step)):
        raise ValueError(
            f"batch_at({first}) gives another batch when it is called again, but a "
            "batch is a function of its step alone, so that a run which is resumed "
            f"repeats an unbroken one: {HOW}; tc.seeds.fold_in(seed, step) is a seed "
            "of a step's own"
        )
    if tf.is_tensor(step) and tf.config.functions_run_eagerly():
        return Feed(batch_at, [])
    if tf.is_tensor(step):
        graph = compilation.graph(batch_at)
        try:
            graph.get_concrete_function(tf.TensorSpec([], tf.int32))
            return Feed(graph, [])
        except Exception:  # whatever Python does with a step that has no value yet
            pass
    return _asked(batch_at, tf.nest.map_structure(np.asarray, like), first)


def _tried(batch_at: Callable, first: int) -> tuple[Any, int | tf.Tensor]:
    """The batch of a step, and the step: a tensor where tensors come of it."""
    step = tf.constant(first, tf.int32)
    try:
        batch = batch_at(step)
        if all(tf.is_tensor(leaf) for leaf in tf.nest.flatten(batch)):
            return batch, step
    except Exception:  # which is the caller's, if an int does no better
        pass
    return batch_at(first), first


def _asked(batch_at: Callable, like: Any, first: int) -> Feed:
    """A call into Python at every step; batches are like that of the first."""
    failed: list[Exception] = []
    wanted, leaves_like = tensors.described(like), tf.nest.flatten(like)

    def ask(step: np.ndarray) -> list[np.ndarray]:
        try:
            batch = tf.nest.map_structure(np.asarray, batch_at(int(step)))
            if (told := tensors.described(batch)) != wanted:
                raise ValueError(
                    f"batch_at({int(step)}) is {told}, and batch_at({first}) is "
                    f"{wanted}: all batches need one shape and type"
                )
            return tf.nest.flatten(batch)
        except Exception as error:
            failed.append(error)
            raise

    def at(step: tf.Tensor) -> Any:
        types = [leaf.dtype for leaf in leaves_like]
        leaves = tf.numpy_function(ask, [step], types, stateful=False)
        leaves = [tf.ensure_shape(v, a.shape) for v, a in zip(leaves, leaves_like)]
        return tf.nest.pack_sequence_as(like, leaves)

    return Feed(at, failed)


def _same(a: Any, b: Any) -> bool:
    """Whether two batches are one, up to what an accelerator may round otherwise."""
    a, b = (tf.nest.map_structure(np.asarray, x) for x in (a, b))
    if tensors.described(a) != tensors.described(b):
        return False
    pairs = zip(tf.nest.flatten(a), tf.nest.flatten(b))
    return all(
        np.allclose(
            v, w, rtol=1e-3, atol=1e-3 * np.abs(v).max(initial=0), equal_nan=True
        )
        if v.dtype.kind == "f"
        else np.array_equal(v, w)
        for v, w in pairs
    )
