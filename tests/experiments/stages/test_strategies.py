"""Programs that train on several devices give what one device gives."""

import contextlib
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import types

import keras
import pytest
import tensorflow as tf
from helpers import cheaply, checkpoint_weights, small_runs

import tf_collab as tc
from experiments import mog2d
from experiments.cli import errors, interrupts
from experiments.stages import strategies

ROOT = pathlib.Path(__file__).parents[3]


def planar(folder, **flags):
    """A run that trains alone."""
    flags |= {"mode": "train", "workdir": str(folder)}
    return dataclasses.replace(small_runs.PLANAR, **flags)


def of_two(argv):
    """The outputs of two worker processes of this machine."""
    with socket.socket() as one, socket.socket() as two:
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
        hosts = ["{}:{}".format(*each.getsockname()) for each in (one, two)]
    workers = []
    for index in range(2):
        config = {"cluster": {"worker": hosts}, "task": {"type": "worker"}}
        config["task"]["index"] = index
        environment = {**os.environ, **cheaply.ENVIRONMENT}
        workers.append(
            subprocess.Popen(
                [sys.executable, "-m", "experiments.mog2d", *argv],
                cwd=ROOT,
                env={**environment, "TF_CONFIG": json.dumps(config)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    ended = [worker.communicate(timeout=120) for worker in workers]
    for worker, (_, told) in zip(workers, ended):
        assert worker.returncode == 0, told
    return [told for _, told in ended]


def test_two_workers_go_on_with_a_run_of_one_and_one_with_theirs(
    whole_planar, tmp_path
):
    run = tmp_path / "run"
    mog2d.run(planar(run, niters=2))
    chief, other = of_two(small_runs.command(planar(run, strategy="multi_worker")))
    checkpoint_weights.alike(run, whole_planar, 4)
    # The other process wrote elsewhere, and nothing of it is left.
    assert f"what it made is in {str(run)!r}" in chief
    (place,) = re.findall("what it made is in '(.*)'", other)
    assert place != str(run) and not os.path.exists(place)
    assert not list(run.parent.glob("run?*"))
    mog2d.run(planar(run, niters=6, strategy="none"))
    six, four = (checkpoint_weights.weights(run, step) for step in (6, 4))
    assert six.keys() == four.keys()


def test_one_device_of_a_mirrored_strategy_does_what_it_does_alone(
    whole_planar, tmp_path
):
    mog2d.run(planar(tmp_path / "run", strategy="mirrored"))
    checkpoint_weights.alike(tmp_path / "run", whole_planar, 4)


def test_what_cannot_be_is_refused_in_a_sentence(monkeypatch):
    asked = lambda **flags: dataclasses.replace(small_runs.PLANAR, **flags)
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(errors.Refused, match=r"multi_worker: .* TF_CONFIG"):
        strategies.share(asked(strategy="multi_worker"))
    seven = types.SimpleNamespace(num_replicas_in_sync=7)
    monkeypatch.setattr(strategies, "of", lambda name: seven)
    with pytest.raises(errors.Refused, match="evenly by the 7 devices"):
        strategies.share(asked(strategy="mirrored"))
    strategies.share(asked(strategy="mirrored", batch_size=63))
    assert "--xla=on compiles" in asked(strategy="mirrored", xla="on").problem()


def test_a_process_without_a_cluster_is_its_own_chief(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{}")
    strategies.of.cache_clear()
    alone = dataclasses.replace(small_runs.PLANAR, strategy="multi_worker")
    try:
        assert strategies.chief(alone) and strategies.chief(small_runs.PLANAR)
    finally:
        strategies.of.cache_clear()


@pytest.mark.parametrize("devices", [1, 7])
def test_batch_norm_looks_at_the_batch_of_all_devices_where_there_are_several(
    devices, monkeypatch
):
    of = lambda name: types.SimpleNamespace(num_replicas_in_sync=devices)
    monkeypatch.setattr(strategies, "of", of)
    nets = tc.models.MLPGenerator(8, 3), tc.models.MLPDiscriminator(8, 3)
    gan = tc.GAN(*nets, tc.priors.normal(2), tc.objectives.nsgan())
    norms = [
        part
        for part in gan.generator._flatten_layers()
        if isinstance(part, keras.layers.BatchNormalization)
    ]
    asked = lambda **flags: dataclasses.replace(
        small_runs.PLANAR, strategy="mirrored", **flags
    )
    strategies.share_nets(asked(sync_batch_norm=False), gan)
    assert norms and not any(norm.synchronized for norm in norms)
    strategies.share_nets(asked(), gan)
    assert all(norm.synchronized is (devices > 1) for norm in norms)
    by_batch = gan._replace(batch_statistics=True)
    strategies.share_nets(asked(mode="train"), by_batch)
    if devices > 1:
        with pytest.raises(errors.Refused, match="give --nobatch_statistics"):
            strategies.share_nets(asked(), by_batch)


@pytest.mark.parametrize("told", ["{", '{"cluster": 3}'])
def test_a_cluster_that_is_none_is_told(told, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", told)
    with pytest.raises(errors.Refused, match="--strategy=multi_worker: "):
        strategies.of.__wrapped__("multi_worker")


class Asked:
    """A run that was asked to stop as soon as it began."""

    asked, suspended = True, contextlib.nullcontext

    def heed(self):
        raise KeyboardInterrupt


def test_a_process_that_does_not_lead_goes_on_until_the_chief_has_ended(
    monkeypatch, tmp_path
):
    """It may be asked one step sooner, and the chief would wait for that step."""
    stopped = lambda: contextlib.nullcontext(Asked())
    monkeypatch.setattr(interrupts, "deferred", stopped)
    with pytest.raises(KeyboardInterrupt):
        mog2d.run(planar(tmp_path / "chief"))
    assert checkpoint_weights.weights(tmp_path / "chief", 1)
    monkeypatch.setattr(strategies, "chief", lambda config: False)
    mog2d.run(planar(tmp_path / "other"))
    assert checkpoint_weights.weights(tmp_path / "other", 4)


def test_the_end_of_another_process_is_told_as_that():
    config = dataclasses.replace(small_runs.PLANAR, strategy="multi_worker")
    gone = tf.errors.UnavailableError(None, None, "connection reset")
    with (
        pytest.raises(errors.Refused, match="start all of them again"),
        strategies.together(config),
    ):
        raise gone
    with (
        pytest.raises(tf.errors.UnavailableError),
        strategies.together(small_runs.PLANAR),
    ):
        raise gone
