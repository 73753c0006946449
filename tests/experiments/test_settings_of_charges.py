"""Settings of Coulomb GANs, as docs/fidelity.md has them.

Looked at where they reach the library, in runs whose nets never learn.
"""

import numpy as np
import pytest
from helpers import standing_runs
from helpers.standing_runs import adam

import tf_collab as tc
from experiments import coulomb

POINTS, IMAGES = standing_runs.POINTS, standing_runs.IMAGES
CHARGES = {"iterations": 0.001, "width": 0.1, **POINTS}
FALLING = {"discriminator_lr_scale": 2.0, "learningrate_floor": 1e-4}
FALLING |= {"remember_previous": True}
KERNEL = {"dimension": 4.0, "epsilon": 2.0, "num_samples": 5000}
KERNEL |= {"scale": 21.0, "seed": 1}
COSTLY = {"dataset": "mnist", "l2_penalty": 0.5, "gen_l2p_scale": 0.1}
COSTLY |= {"batch_norm": False, "collab_layer": None}
RUNS = {
    "coulomb": (coulomb, {**FALLING, **CHARGES}),
    "coulomb nsgan": (coulomb, {**CHARGES, **KERNEL, "gan": "nsgan", "decay": 1.0}),
    "coulomb images": (coulomb, {**IMAGES, **COSTLY, "iterations": 0.001}),
}


@pytest.fixture(scope="module")
def seen(digits, tmp_path_factory):
    return standing_runs.looking(RUNS, digits, tmp_path_factory)


# Of G and D in training, of D when calibrated, of D when shaped.
OPTIMIZERS = {
    "coulomb": [adam(rate, 0.9) for rate in (1e-3, 2e-3, 1e-4, 1e-4)],
    "coulomb nsgan": [adam(rate, 0.5) for rate in (1e-3, 1e-3, 1e-4, 1e-4)],
    "coulomb images": [adam(1e-4, 0.9)] * 4,
}


@pytest.mark.parametrize("name", RUNS)
def test_optimizers_are_those_of_the_authors(name, seen):
    assert standing_runs.optimizers(seen(name)) == OPTIMIZERS[name]


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


def test_both_nets_are_as_wide_as_told(seen):
    (train,) = seen("coulomb").loop("train")
    g = tc.models.GENERATORS["mlp"]([2], width=0.1, seed=0, latent=2)
    d = tc.models.DISCRIMINATORS["mlp"]([2], width=0.1, seed=0)
    for made, expected in zip(train.gan, (g, d)):
        assert made.count_params() == expected.count_params()


def test_the_compiler_is_not_asked(seen):
    watch = seen("coulomb")
    assert {loop.options["xla"] for loop in watch.loops} == {False}
    assert {one.get("xla") for one in watch.refined} == {False}


@pytest.mark.parametrize("name", RUNS)
def test_no_two_kernels_begin_alike(name, seen):
    assert standing_runs.begin_apart(seen(name))


def test_nets_of_another_seed_begin_otherwise(seen):
    first, other = (seen(name).loops[0].gan for name in ("coulomb", "coulomb nsgan"))
    for a, b in zip(first, other):
        if hasattr(a, "get_weights"):
            for one, two in zip(a.get_weights(), b.get_weights(), strict=True):
                assert one.ndim == 1 or not np.array_equal(one, two)


@pytest.mark.parametrize(
    "name, expected", [("coulomb", {"simultaneous": True}), ("coulomb nsgan", {})]
)
def test_nets_step_as_in_the_authors_programs(name, expected, seen):
    assert standing_runs.steps(seen(name)) == expected


def test_z_is_normal_and_quasi_random_in_training(seen):
    priors = tc.priors.normal(2), tc.priors.quasi_normal(2)
    standing_runs.draws_alike(seen("coulomb"), *priors)


def test_d_of_images_is_leaky_and_loses_its_batch_norms_by_a_flag(seen):
    standing_runs.is_leaky(seen("coulomb images"), norms=0, batch_statistics=False)


def test_a_mode_ends_at_three_deviations_of_the_toy_of_charges(seen):
    assert standing_runs.share_of_good(seen("coulomb"), radius=3, far=3.5) == 0
    target = seen("coulomb").covered[0][1]
    assert target.std == 1 and np.abs(target.centres).max() == 21
    twice = seen("coulomb nsgan").covered[0][1]  # whose --scale is twice as large
    assert twice.std == 2 and np.abs(twice.centres).max() == 42


@pytest.mark.parametrize(
    "name, bounds", [("coulomb", None), ("coulomb images", (-1.7159, 1.7159))]
)
def test_pixels_stay_in_their_range_and_activations_are_free(name, bounds, seen):
    refined = seen(name).refined
    assert {one.get("pick", "best") for one in refined} == {"best", "random"}
    assert {one.get("bounds") for one in refined} == {bounds}
