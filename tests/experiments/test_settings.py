"""Each experiment's nets, objective, optimizers and data, as docs/fidelity.md has them.

Looked at where they reach the library, in runs whose nets never learn. Those of charges
are in a file of their own.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import standing_runs
from helpers.standing_runs import adam, sgd

import tf_collab as tc
from experiments import celeba, mnist, mog2d
from tf_collab import metrics

POINTS, IMAGES = standing_runs.POINTS, standing_runs.IMAGES
NETS = {"niters": 1, "mh_pool": False, **IMAGES}
# More than there are chains, and a compiler that is not asked.
MANY = {"num_samples": 1100, "method": ("hastings",), "mh_thin": 1, "xla": "on"}
PLAINLY = {"tune_optimizer": "sgd", "lr_calibrate": 8e-3, "lr_shape": 8e-3}
IMAGE = 6  # the last layer of a DCGAN of 32 pixels, by its number
SMALL = {"output_size": 32}
RUNS = {
    "mog2d": (mog2d, {"niters": 1, **POINTS, **MANY}),
    "mog2d sgd": (mog2d, {"niters": 1, **POINTS, **PLAINLY}),
    "mnist": (mnist, {"collab_layer": None, **NETS}),
    "mnist wgan_gp": (mnist, {"gan": "wgan_gp", "rollout_method": "sgd", **NETS}),
    "celeba": (celeba, {"dataset": "mnist", "collab_layer": IMAGE, **SMALL, **NETS}),
}


@pytest.fixture(scope="module")
def seen(digits, tmp_path_factory):
    return standing_runs.looking(RUNS, digits, tmp_path_factory)


ADAM = standing_runs.told(keras.optimizers.Adam(1e-3))
# Of G and D in training, of D when calibrated, of D when shaped.
OPTIMIZERS = {
    "mog2d": [sgd(5e-3), sgd(1e-2), *[ADAM] * 2],
    "mog2d sgd": [sgd(5e-3), sgd(1e-2), sgd(8e-3), sgd(8e-3)],
    "mnist": [adam(rate, 0.5) for rate in (1e-3, 2e-4, 1e-5, 1e-4)],
    "mnist wgan_gp": [adam(rate, 0.5) for rate in (1e-3, 2e-4, 1e-5, 1e-4)],
    "celeba": [adam(2e-4, 0.5)] * 4,
}


@pytest.mark.parametrize("name", RUNS)
def test_optimizers_are_those_of_the_authors(name, seen):
    assert standing_runs.optimizers(seen(name)) == OPTIMIZERS[name]


def test_both_nets_are_as_wide_as_told(seen):
    (train,) = seen("mnist").loop("train")
    nets = tc.models.NSGAN28Generator, tc.models.NSGAN28Discriminator
    for made, net in zip((train.gan.generator, train.gan.discriminator), nets):
        assert made.count_params() == net(width=0.1, seed=0).count_params()


@pytest.mark.parametrize("name, xla", [("mog2d", True), ("mnist", None)])
def test_the_compiler_is_asked_as_told(name, xla, seen):
    watch = seen(name)
    assert {loop.options["xla"] for loop in watch.loops} == {xla}
    assert {one.get("xla") for one in watch.refined} == {xla}


def test_a_thousand_chains_run_side_by_side(seen):
    drawn = seen("mog2d").draws("standard", "hastings")
    assert {(one.method, one.batch) for one in drawn} == {
        ("standard", 1100),
        ("hastings", 1000),
    }


@pytest.mark.parametrize("name", RUNS)
def test_no_two_kernels_begin_alike(name, seen):
    assert standing_runs.begin_apart(seen(name))


@pytest.mark.parametrize(
    "name, expected",
    [
        ("mog2d", {}),
        ("mnist", {"shared_z": True}),
        ("mnist wgan_gp", {"shared_z": True}),
        ("celeba", {"shared_z": True, "g_steps": 2}),
    ],
)
def test_nets_step_as_in_the_authors_programs(name, expected, seen):
    assert standing_runs.steps(seen(name)) == expected


@pytest.mark.parametrize(
    "name, prior",
    [
        ("mog2d", tc.priors.normal(2)),
        ("mnist", tc.priors.uniform(62)),
        ("mnist wgan_gp", tc.priors.uniform(100)),
        ("celeba", tc.priors.uniform(100)),
    ],
)
def test_z_is_theirs(name, prior, seen):
    standing_runs.draws_alike(seen(name), prior)


def test_a_steep_and_a_flat_critic_pay_a_tenth_of_the_excess_squared(seen):
    (train,) = seen("mnist wgan_gp").loop("train")
    rng = np.random.default_rng(0)
    real, fake = tf.unstack(
        tf.constant(rng.uniform(-1, 1, [2, 6, 28, 28, 1]), "float32")
    )
    for slope in (5.0, 0.5):
        critic = lambda x, slope=slope, **_: slope * x[:, 3, 4, 0]
        loss = train.gan.objective.discriminator_loss(
            critic, real, fake, seed=tc.seeds.as_seed(0), step=0
        )
        gap = np.mean(critic(fake) - critic(real))
        # The squared norm is summed over 784 pixels, all but one of them 0.
        assert float(loss) == pytest.approx(gap + 0.1 * (slope - 1) ** 2, rel=1e-5)


@pytest.mark.parametrize(
    "name, norms, batch_statistics",
    [("mnist", 2, True), ("mnist wgan_gp", 0, False), ("celeba", 3, False)],
)
def test_d_of_images_is_leaky_and_has_batch_norm_where_it_may(
    name, norms, batch_statistics, seen
):
    standing_runs.is_leaky(seen(name), norms, batch_statistics)


def test_a_mode_ends_at_four_deviations(seen):
    assert standing_runs.share_of_good(seen("mog2d"), radius=4, far=3.5) == 1


@pytest.mark.parametrize(
    "name, bounds",
    [("mog2d", None), ("mnist", (-1, 1)), ("mnist wgan_gp", None), ("celeba", (-1, 1))],
)
def test_pixels_stay_in_their_range_and_activations_are_free(name, bounds, seen):
    refined = seen(name).refined
    assert {one.get("pick", "best") for one in refined} == {"best", "random"}
    assert {one.get("bounds") for one in refined} == {bounds}


@pytest.fixture
def images(digits):
    """The images there are, by split, as floats."""
    return {
        split: np.asarray(
            tc.data.to_float(tc.data.IMAGES["mnist"](str(digits), split=split).pixels)
        )
        for split in ("train", "test")
    }


def rows(x):
    return {np.asarray(row).tobytes() for row in x}


def test_images_to_learn_from_held_out_ones_and_tests_are_apart(seen, images):
    watch = seen("mnist")
    held_out = rows(watch.drawn[0].real.x)
    for batch_at in watch.batch_at:  # of each loop
        batches = [rows(batch_at(step)) for step in range(90)]
        learned = set.union(*batches)
        # An epoch of 720 is 90 batches of eight, none of which has a row of another.
        assert len(learned) == 720 and len(held_out) == 80
        assert not learned & held_out
        assert learned | held_out == rows(images["train"])
        assert not (learned | held_out) & rows(images["test"])


def test_distances_are_to_the_test_images(seen, images):
    net = metrics.random_conv(0, channels=1)
    stats = {split: metrics.FeatureStats.of(net(x)) for split, x in images.items()}
    for _, reference, _ in seen("mnist").distances:
        own = metrics.frechet_distance(reference, stats["test"])
        assert own < 1e-6 < 1e-4 < metrics.frechet_distance(reference, stats["train"])
