"""Runs in 2-D of nets that come as files, and what becomes of them elsewhere."""

import keras
import numpy as np
import pytest
from helpers import small_runs, tf1_files

import tf_collab as tc

pytestmark = pytest.mark.usefixtures("exported")


def test_keras_files_are_sampled_as_the_run_that_wrote_them(whole_planar, tmp_path):
    """The same weights, prior and seeds: standard samples agree up to rounding."""
    lines = small_runs.run_planar(
        tmp_path / "run",
        niters=None,
        generator=str(whole_planar / "models/generator-g4.keras"),
        discriminator=str(whole_planar / "models/discriminator-g4.keras"),
        mode="sample",
    )
    assert {line["method"] for line in lines} == small_runs.METHODS
    assert {line["gan_step"] for line in lines} == {0}
    planar_g = tc.models.load(whole_planar / "models/generator-g4.keras")
    z = tc.priors.normal(2)(5, tc.seeds.as_seed(0))
    g = tc.models.MLPGenerator(8, 3)
    d = tc.models.MLPDiscriminator(8, 3)
    tc.training.Checkpoints(
        whole_planar / "checkpoints" / "train", generator=g, discriminator=d
    ).restore(4)
    # Two layers of 8 terms: a few roundings of 2**-24.
    np.testing.assert_allclose(planar_g(z), g(z), rtol=1e-5, atol=1e-6)


def own_nets(folder, ending):
    """A classifier that ends in a sigmoid or in a logit, and its G."""
    g = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    d = keras.Sequential(
        [
            keras.layers.Dense(4, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(1, ending),
        ]
    )
    d(np.zeros([5, 2]))  # built by a call, so for a batch of five
    g.save(folder / "g.keras")
    d.save(folder / "d.keras")
    return {name: str(folder / f"{name[0]}.keras") for name in SOURCES}


SOURCES = ("generator", "discriminator")


@pytest.mark.parametrize("ending", ["trained here", None, "sigmoid"])
def test_a_tuned_d_goes_elsewhere_with_the_scores_it_has_here(
    ending, whole_planar, tmp_path
):
    """Refined samples were kept with the scores that the shaped D gave them."""
    folder, at, steps = whole_planar, 4, 4
    pairs = {"calibrated": "rejection", "shaped": "refinement"}
    if ending != "trained here":
        folder, at, steps = tmp_path / "run", 0, 2
        small_runs.run_planar(
            folder,
            niters=None,
            **own_nets(tmp_path, ending),
            shape_iters=2,
            calibrate_iters=2,
            method=tuple(pairs.values()),
        )
    for name, method in pairs.items():
        d = tc.models.load(folder / f"models/discriminator-{name}-g{at}-d{steps}.keras")
        with np.load(folder / f"samples/{method}-g{at}-d{steps}.npz") as kept:
            # float32, scored in another batch and program.
            scores = tc.models.scorer(d)(kept["x"])
            np.testing.assert_allclose(scores, kept["score"], rtol=1e-4, atol=1e-4)
    g = tc.models.load(folder / f"models/generator-g{at}.keras")
    assert g.output_shape == (None, 2)


def test_a_d_that_was_saved_frozen_learns_in_both_loops(tmp_path):
    nets = own_nets(tmp_path, None)
    d = keras.models.load_model(nets["discriminator"])
    d.trainable = False  # as Keras' usual GAN leaves it
    d.save(nets["discriminator"])
    options = {"shape_iters": 2, "calibrate_iters": 2, "method": ("standard",)}
    small_runs.run_planar(tmp_path / "run", niters=None, **nets, **options)
    for name in ("calibrated", "shaped"):
        file = tmp_path / f"run/models/discriminator-{name}-g0-d2.keras"
        tuned = tc.models.load(file)
        moved = [np.any(a != b) for a, b in zip(tuned.get_weights(), d.get_weights())]
        # A bias before batch-norm has no gradient; batch-norm itself has four.
        assert len(moved) == 8 and sum(moved) >= 7
    assert "frozen as a whole" in (tmp_path / "run/log").read_text()


def test_a_generator_of_half_precision_is_sampled(tmp_path):
    nets = own_nets(tmp_path, None)
    parts = [keras.layers.Dense(size, dtype="float16") for size in (4, 2)]
    keras.Sequential([keras.Input([3]), *parts]).save(nets["generator"])
    lines = small_runs.run_planar(tmp_path / "run", niters=None, **nets, collab_layer=1)
    assert {line["method"] for line in lines if line["n"]} == small_runs.METHODS
    assert small_runs.samples(tmp_path / "run", "refinement-g0-d4").dtype == np.float32


def test_the_authors_nets_are_sampled(tmp_path):
    path, _ = tf1_files.write(tmp_path / "theirs", nhidden=8)
    lines = small_runs.run_planar(tmp_path / "run", init_checkpoint=path)
    assert {line["method"] for line in lines} == small_runs.METHODS
    g, d = tc.models.MLPGenerator(8, 3), tc.models.MLPDiscriminator(8, 3)
    tc.models.read_tf1(path, g, d)
    with np.load(tmp_path / "run/samples/standard-g0-d0.npz") as plain:
        # float32; the scores were taken of another batch.
        np.testing.assert_allclose(d(plain["x"]), plain["score"], rtol=1e-5, atol=1e-5)
