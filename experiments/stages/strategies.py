"""Devices that train together: what `--strategy` names."""

import contextlib
import functools
import os
from collections.abc import Iterator

import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.stages import options

__all__ = ["chief", "meet", "of", "scope", "share", "share_nets", "together"]


@functools.cache
def of(name: str) -> tf.distribute.Strategy:
    """The strategy of that name, one in a process; Refused where it cannot be."""
    wrong = (tf.errors.OpError, AttributeError, TypeError, KeyError)  # in TF_CONFIG
    with errors.blaming(f"--strategy={name}", *wrong):
        if name == "multi_worker":
            if not os.environ.get("TF_CONFIG"):
                raise ValueError(
                    "the environment has no TF_CONFIG, which tells the hosts and which "
                    "of them this is (docs/scaling.md has an example)"
                )
            return tf.distribute.MultiWorkerMirroredStrategy()
        if name == "mirrored":
            devices = tf.config.list_logical_devices("GPU")
            devices = devices or tf.config.list_logical_devices("CPU")
            return tf.distribute.MirroredStrategy([device.name for device in devices])
        if name == "tpu":
            resolver = tf.distribute.cluster_resolver.TPUClusterResolver()
            tf.config.experimental_connect_to_cluster(resolver)
            tf.tpu.experimental.initialize_tpu_system(resolver)
            return tf.distribute.TPUStrategy(resolver)
    return tf.distribute.get_strategy()


def scope(config: options.Options) -> contextlib.AbstractContextManager:
    """In which nets, their optimizers and steps are made."""
    return of(config.strategy).scope()


def share(config: options.Options) -> None:
    """Refuses a batch that the devices cannot share evenly."""
    count = of(config.strategy).num_replicas_in_sync
    if config.batch_size % count:
        raise errors.Refused(
            f"--batch_size={config.batch_size} cannot be shared evenly by the {count} "
            f"devices of --strategy={config.strategy}: give a multiple of {count}"
        )


def share_nets(config: options.Options, gan: tc.GAN) -> None:
    """Lets batch-norm look at the batch of all devices, unless flags say otherwise.

    Refused where D is to be asked by the batch of a walk, in which devices cannot meet.
    """
    if of(config.strategy).num_replicas_in_sync == 1:
        return
    if gan.batch_statistics and config.mode != "train":
        raise errors.Refused(
            f"--strategy={config.strategy} tunes no D that is asked with statistics of "
            "its batch: give --nobatch_statistics, or tune without a strategy"
        )
    if config.sync_batch_norm:
        for net in (gan.generator, gan.discriminator):
            tc.replicas.synchronize(net)


def chief(config: options.Options) -> bool:
    """Whether this process writes the run's folder: of several hosts one does."""
    # A task of type chief, else the first worker, else a process without a cluster.
    return of(config.strategy).extended.should_checkpoint


def meet(config: options.Options) -> None:
    """Waits until every process has come here."""
    strategy = of(config.strategy)

    @tf.function
    def count() -> tf.Tensor:
        each = strategy.run(lambda: tf.constant(1.0))
        return strategy.reduce("SUM", each, axis=None)

    with together(config):
        count()


@contextlib.contextmanager
def together(config: options.Options) -> Iterator[None]:
    """What the end of another process does here is told as that."""
    try:
        yield
    except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
        if config.strategy != "multi_worker":
            raise
        raise errors.Refused(
            "another process of --strategy=multi_worker ended or cannot be reached: "
            "start all of them again, and the run goes on from its newest checkpoint"
        ) from error
