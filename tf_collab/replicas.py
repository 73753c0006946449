"""One replica's share, where a `tf.distribute` strategy trains on several devices.

A batch, latents and random numbers are those of the global batch, of which a replica
takes its rows, so that they are the same whatever the count. Outside of `strategy.run`
there is one replica, whose share is the whole.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tf_collab import tensors

__all__ = [
    "alone",
    "count",
    "drawn",
    "gathered",
    "mean",
    "mine",
    "number",
    "shared",
    "synchronize",
]


def alone() -> bool:
    """Whether one replica trains, in the strategy's scope in which this is asked."""
    return tf.distribute.get_strategy().num_replicas_in_sync == 1


def count() -> int:
    """How many replicas share a batch here."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def synchronize(net: keras.Model) -> None:
    """Lets the net's batch-norms normalise by the global batch, not by a replica's."""
    for layer in net._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def number() -> int | tf.Tensor:
    """Which of them this one is, from 0."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def mine(batch: Any) -> Any:
    """This replica's rows of a global batch [batch, ...].

    Raises ValueError if the replicas cannot share it evenly.
    """
    parts = count()  # not by :=, which AutoGraph cannot take
    if parts == 1:
        return batch

    def own(leaf: tf.Tensor) -> tf.Tensor:
        rows = leaf.shape[0]
        if rows is None or rows % parts:
            raise ValueError(
                f"a batch of {rows} rows cannot be shared evenly by {parts} replicas"
            )
        return tf.reshape(leaf, [parts, rows // parts, *leaf.shape[1:]])[number()]

    return tf.nest.map_structure(own, batch)


def drawn(draw: Callable, n: int | tf.Tensor, seed: tf.Tensor) -> Any:
    """This replica's n rows of what `draw(n, seed)` gives all replicas together."""
    return mine(draw(n * count(), seed))


def gathered(x: tf.Tensor) -> tf.Tensor:
    """The rows of all replicas, in order: x [n, *data] -> [replicas * n, *data].

    All replicas need equally many rows.
    """
    parts = count()
    if parts == 1:
        return x
    # all_gather does not work between workers; a sum with zeros elsewhere does.
    place = tensors.expand(tf.one_hot(number(), parts, dtype=x.dtype), x[None])
    return tf.reshape(_summed(place * x), [-1, *x.shape[1:]])


def mean(x: tf.Tensor) -> tf.Tensor:
    """The mean of x over the replicas."""
    return x if count() == 1 else _summed(x) / count()


def shared(step: Callable) -> Callable:
    """`step(index, seed, batch) -> scalars`, of which each replica does its share.

    The replicas are those of the strategy in whose scope this is called, and scalars
    are means over them. Where replicas are in several processes, the function says that
    it `meets_others`: a loop inside of a graph never ends there.
    """
    if alone():
        return step
    strategy = tf.distribute.get_strategy()

    def on_each(index: tf.Tensor, seed: tf.Tensor, batch: Any) -> dict[str, tf.Tensor]:
        return step(index, seed, mine(batch))

    def on_all(index: tf.Tensor, seed: tf.Tensor, batch: Any) -> dict[str, tf.Tensor]:
        each = strategy.run(on_each, args=(index, seed, batch))
        reduce = lambda value: strategy.reduce("MEAN", value, axis=None)
        return {name: reduce(value) for name, value in each.items()}

    on_all.meets_others = isinstance(  # type: ignore[attr-defined]
        strategy, tf.distribute.MultiWorkerMirroredStrategy
    )
    return on_all


def _summed(x: tf.Tensor) -> tf.Tensor:
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, x)
