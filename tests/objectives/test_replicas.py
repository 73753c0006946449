"""The Coulomb objective among replicas, on logical CPUs of a process of its own."""

import json
import subprocess
import sys

import pytest

CODE = """
import json
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
three = [tf.config.LogicalDeviceConfiguration() for _ in range(3)]
tf.config.set_logical_device_configuration(cpu, three)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1", "CPU:2"])

from tf_collab import objectives

n, seed = 6, tf.zeros([2], tf.int32)
draw = np.random.default_rng(0)
real, fake, before = draw.normal(size=[3, 3 * n, 2]).astype("float32")


def score(x, training):
    return x[:, 0] * x[:, 1]


def loss(objective, *batch):
    *batch, before = batch
    return objective.discriminator_loss(
        score, *batch, seed=seed, step=0, previous=before
    )


def mine(batch, context):
    return tf.constant(batch)[context.replica_id_in_sync_group * n :][:n]


cases = [("keep", "l1"), ("drop", "l2")]
made = [objectives.coulomb(self_term=s, loss=kind, epsilon=0.3) for s, kind in cases]


def on_replica():
    context = tf.distribute.get_replica_context()
    batch = [mine(x, context) for x in (real, fake, before)]
    return tf.stack([loss(objective, *batch) for objective in made])


each = strategy.experimental_local_results(
    tf.function(lambda: strategy.run(on_replica))()
)
thirds = [[x[at : at + n] for x in (real, fake, before)] for at in (0, n, 2 * n)]
found = []
for case, objective, *parts in zip(cases, made, *(x.numpy().tolist() for x in each)):
    alone = [float(loss(objective, *map(tf.constant, third))) for third in thirds]
    whole = float(loss(objective, *map(tf.constant, (real, fake, before))))
    found.append([*case, parts, alone, whole])
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    done = subprocess.run(
        [sys.executable, "-c", CODE], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_field_is_that_of_the_global_batch(found):
    assert len(found) == 2
    for self_term, kind, parts, alone, whole in found:
        # Three sums of float32 in another order; the field of a third is another one.
        # With two replicas a shard's neighbours to the left and to the right are one.
        case = (self_term, kind)
        assert sum(parts) / 3 == pytest.approx(whole, rel=1e-5), case
        assert sum(alone) / 3 != pytest.approx(whole, rel=1e-3), case
