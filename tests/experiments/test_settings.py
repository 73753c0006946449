"""Each experiment's nets, objective, optimizers and data, as docs/fidelity.md has them.

Looked at where they reach the library, in runs whose nets never learn.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import recording

import tf_collab as tc
from experiments import celeba, coulomb, mnist, mog2d
from tf_collab import metrics

SHORT = {"calibrate_iters": 1, "shape_iters": 1, "method": ("standard",)}
SHORT |= {"rollout_steps": 1}
POINTS = {"num_samples": 80, "batch_size": 60, **SHORT}
IMAGES = {"width": 0.1, "features": "random", "num_samples": 80, "batch_size": 8}
IMAGES |= SHORT
NETS = {"niters": 1, "mh_pool": False, **IMAGES}
# More than there are chains, and a compiler that is not asked.
MANY = {"num_samples": 1100, "method": ("hastings",), "mh_thin": 1, "xla": "on"}
CHARGES = {"iterations": 0.001, "width": 0.1, **POINTS}
FALLING = {"discriminator_lr_scale": 2.0, "learningrate_floor": 1e-4}
FALLING |= {"remember_previous": True}
KERNEL = {"dimension": 4.0, "epsilon": 2.0, "num_samples": 5000}
KERNEL |= {"scale": 21.0, "seed": 1}
PLAINLY = {"tune_optimizer": "sgd", "lr_calibrate": 8e-3, "lr_shape": 8e-3}
COSTLY = {"dataset": "mnist", "l2_penalty": 0.5, "gen_l2p_scale": 0.1}
COSTLY |= {"batch_norm": False, "collab_layer": None}
IMAGE = 6  # the last layer of a DCGAN of 32 pixels, by its number
SMALL = {"output_size": 32}
RUNS = {
    "mog2d": (mog2d, {"niters": 1, **POINTS, **MANY}),
    "mog2d sgd": (mog2d, {"niters": 1, **POINTS, **PLAINLY}),
    "mnist": (mnist, {"collab_layer": None, **NETS}),
    "mnist wgan_gp": (mnist, {"gan": "wgan_gp", "rollout_method": "sgd", **NETS}),
    "celeba": (celeba, {"dataset": "mnist", "collab_layer": IMAGE, **SMALL, **NETS}),
    "coulomb": (coulomb, {**FALLING, **CHARGES}),
    "coulomb nsgan": (coulomb, {**CHARGES, **KERNEL, "gan": "nsgan", "decay": 1.0}),
    "coulomb images": (coulomb, {**IMAGES, **COSTLY, "iterations": 0.001}),
}


@pytest.fixture(scope="module")
def seen(digits, tmp_path_factory):
    """What reached the library in a run of that name, which is made once."""
    known = {}

    def look(name):
        if name not in known:
            program, options = RUNS[name]
            if "features" in options:  # of images
                options = {**options, "data_dir": str(digits)}
            folder = tmp_path_factory.mktemp("settings") / "run"
            with recording.standing() as watch:
                program.run(program.Config(workdir=str(folder), **options))
            known[name] = watch
        return known[name]

    return look


def told(optimizer):
    config = optimizer.get_config()
    rate = float(optimizer.learning_rate)  # of a schedule, that of the first step
    return {**config, "learning_rate": rate, "name": type(optimizer).__name__}


def sgd(rate):
    return told(keras.optimizers.SGD(rate))


def adam(rate, beta_1):
    return told(keras.optimizers.Adam(rate, beta_1=beta_1, epsilon=1e-8))


# Of G and D in training, of D when calibrated, of D when shaped.
OPTIMIZERS = {
    "mog2d": [sgd(5e-3), sgd(1e-2), *[told(keras.optimizers.Adam(1e-3))] * 2],
    "mog2d sgd": [sgd(5e-3), sgd(1e-2), sgd(8e-3), sgd(8e-3)],
    "mnist": [adam(rate, 0.5) for rate in (1e-3, 2e-4, 1e-5, 1e-4)],
    "mnist wgan_gp": [adam(rate, 0.5) for rate in (1e-3, 2e-4, 1e-5, 1e-4)],
    "celeba": [adam(2e-4, 0.5)] * 4,
    "coulomb": [adam(rate, 0.9) for rate in (1e-3, 2e-3, 1e-4, 1e-4)],
    "coulomb nsgan": [adam(rate, 0.5) for rate in (1e-3, 1e-3, 1e-4, 1e-4)],
    "coulomb images": [adam(1e-4, 0.9)] * 4,
}


@pytest.mark.parametrize("name", RUNS)
def test_optimizers_are_those_of_the_authors(name, seen):
    loops = seen(name).loops
    assert [loop.kind for loop in loops] == ["train", "calibrate", "shape"]
    found = [told(one) for loop in loops for one in loop.optimizers]
    assert found == OPTIMIZERS[name]


def test_rates_of_a_coulomb_gan_fall_to_their_floors(seen):
    (train,) = seen("coulomb").loop("train")
    for optimizer, scale in zip(train.optimizers, (1, 2), strict=True):
        for steps, rate in ((1000, 0.86e-3), (100_000, 1e-4)):
            optimizer.iterations.assign(steps)
            found = float(optimizer.learning_rate)
            assert found == pytest.approx(scale * rate, rel=1e-5)


def test_samples_of_charges_are_compared_by_the_kernel_of_the_flags(seen):
    a, b = np.zeros([1, 2]), np.array([[3.0, 4.0]])
    watch = seen("coulomb nsgan")
    for kernel in watch.kernels:
        # (distance squared + epsilon squared) to the power of (2 - dimension) / 2
        assert kernel(a, b).item() == pytest.approx(1 / (25 + 4), rel=1e-5)
    # Of five thousand in an order of chance the first are taken: counts of a mode are
    # within four standard deviations of those of independent draws.
    centres = watch.covered[0][1].centres
    for real, x in watch.paired:
        nearest = np.linalg.norm(real[:, None] - centres, axis=2).argmin(axis=1)
        counts = np.bincount(nearest, minlength=25)
        mean = len(real) / 25
        assert len(x) == len(real) >= 2048
        assert np.abs(counts - mean).max() <= 4 * np.sqrt(mean)


def kernels(net):
    return [v.numpy() for v in net.variables if len(v.shape) == 4]


def test_convolutions_cost_what_the_flags_say(seen):
    (train,) = seen("coulomb images").loop("train")
    for net, penalty in ((train.gan.generator, 0.05), (train.gan.discriminator, 0.5)):
        squares = sum(np.sum(np.square(kernel)) for kernel in kernels(net))
        cost = sum(float(loss) for loss in net.losses)
        assert cost == pytest.approx(penalty / 2 * squares, rel=1e-5)


def test_the_fakes_before_reach_the_step_if_they_are_asked_for(seen):
    for name, shape in (("coulomb", (60, 2)), ("coulomb nsgan", None)):
        (train,) = seen(name).loop("train")
        previous = train.options["previous"]
        assert (previous if shape is None else tuple(previous.shape)) == shape


@pytest.mark.parametrize(
    "name, nets",
    [
        ("mnist", (tc.models.NSGAN28Generator, tc.models.NSGAN28Discriminator)),
        ("coulomb", (tc.models.GENERATORS["mlp"], tc.models.DISCRIMINATORS["mlp"])),
    ],
)
def test_both_nets_are_as_wide_as_told(name, nets, seen):
    (train,) = seen(name).loop("train")
    point = {"mnist": (), "coulomb": ([2],)}[name]
    for made, net in zip((train.gan.generator, train.gan.discriminator), nets):
        latent = {"latent": 2} if point and net is nets[0] else {}
        expected = net(*point, width=0.1, seed=0, **latent)
        assert made.count_params() == expected.count_params()


@pytest.mark.parametrize(
    "name, xla", [("mog2d", True), ("mnist", None), ("coulomb", False)]
)
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
    """Two dense nets have layers of one shape."""
    gan = seen(name).loops[0].gan
    weights = [*gan.generator.get_weights(), *gan.discriminator.get_weights()]
    kernels = [w.tobytes() for w in weights if w.ndim > 1]
    assert len(kernels) == len({*kernels}) >= 6


def test_nets_of_another_seed_begin_otherwise(seen):
    first, other = (seen(name).loops[0].gan for name in ("coulomb", "coulomb nsgan"))
    for a, b in zip(first, other):
        if hasattr(a, "get_weights"):
            for one, two in zip(a.get_weights(), b.get_weights(), strict=True):
                assert one.ndim == 1 or not np.array_equal(one, two)


@pytest.mark.parametrize(
    "name, expected",
    [
        ("mog2d", {}),
        ("mnist", {"shared_z": True}),
        ("mnist wgan_gp", {"shared_z": True}),
        ("celeba", {"shared_z": True, "g_steps": 2}),
        ("coulomb", {"simultaneous": True}),
        ("coulomb nsgan", {}),
    ],
)
def test_nets_step_as_in_the_authors_programs(name, expected, seen):
    (train,) = seen(name).loop("train")
    usual = {"shared_z": False, "g_steps": 1, "simultaneous": False}
    options = {name: train.options.get(name, value) for name, value in usual.items()}
    assert options == usual | expected


@pytest.mark.parametrize(
    "name, prior, latent",
    [
        ("mog2d", tc.priors.normal, 2),
        ("mnist", tc.priors.uniform, 62),
        ("mnist wgan_gp", tc.priors.uniform, 100),
        ("celeba", tc.priors.uniform, 100),
        ("coulomb", tc.priors.normal, 2),
    ],
)
def test_z_is_theirs(name, prior, latent, seen):
    seed = tc.seeds.as_seed(3)
    for loop in seen(name).loops:
        np.testing.assert_array_equal(loop.gan.prior(5, seed), prior(latent)(5, seed))
    (train,) = seen(name).loop("train")
    trained = train.options.get("prior") or prior(latent)
    if name == "coulomb":  # quasi-random in training
        prior = tc.priors.quasi_normal
    np.testing.assert_array_equal(trained(5, seed), prior(latent)(5, seed))


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


def layers_of(net, kind):
    return [layer for layer in net._flatten_layers() if isinstance(layer, kind)]


@pytest.mark.parametrize(
    "name, norms, batch_statistics",
    [
        ("mnist", 2, True),
        ("mnist wgan_gp", 0, False),
        ("celeba", 3, False),
        ("coulomb images", 0, False),  # it has four, which a flag takes away
    ],
)
def test_d_of_images_is_leaky_and_has_batch_norm_where_it_may(
    name, norms, batch_statistics, seen
):
    for loop in seen(name).loops:
        d = loop.gan.discriminator
        norm = [v for v in d.weights if "moving_mean" in v.path]
        assert len(norm) == norms and loop.gan.batch_statistics == batch_statistics
        slopes = layers_of(d, (keras.layers.LeakyReLU, keras.layers.ReLU))
        assert len(slopes) >= 3
        for layer in slopes:
            assert float(layer(tf.constant(-1.0))) == pytest.approx(-0.2)


def test_a_mode_ends_at_four_deviations_or_at_three_of_the_toy_of_charges(seen):
    for name, radius, far, good in (("mog2d", 4, 3.5, 1), ("coulomb", 3, 3.5, 0)):
        _, target, real, told = seen(name).covered[0]
        assert told == radius
        x = target.centres + [far * target.std, 0]
        found = metrics.mode_coverage(x, target, real=real, radius=told)
        assert found["good"] == good
    assert target.std == 1 and np.abs(target.centres).max() == 21
    twice = seen("coulomb nsgan").covered[0][1]  # whose --scale is twice as large
    assert twice.std == 2 and np.abs(twice.centres).max() == 42


@pytest.mark.parametrize(
    "name, bounds",
    [
        *(("mog2d", None), ("mnist", (-1, 1)), ("mnist wgan_gp", None)),
        ("celeba", (-1, 1)),
        *(("coulomb", None), ("coulomb images", (-1.7159, 1.7159))),
    ],
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
