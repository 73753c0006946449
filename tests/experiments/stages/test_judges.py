"""What each D says in a run: D's score is multiplied instead of learning."""

import dataclasses

import numpy as np
import pytest
from helpers import recording, small_runs
from scipy import special

import tf_collab as tc
from experiments import mog2d
from tf_collab import metrics, plots

STEPS, RATE, LAYER = 3, 0.1, 1
CONFIG = dataclasses.replace(
    small_runs.PLANAR,
    niters=2,
    batch_size=100,
    calibrate_iters=1,
    shape_iters=1,
    eval_every=1,
    rollout_method="ladam",
    rollout_rate=RATE,
    rollout_steps=STEPS,
    collab_layer=LAYER,
)
# float32 through nets of three layers of 8, in batches of other sizes.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
# At each step, so that trained, calibrated and shaped D are told by what they say.
TIMES = {"calibrate": 3.0, "shape": -1.0}
KIND = {
    **dict.fromkeys(("standard", "rejection", "hastings"), "calibrate"),
    **dict.fromkeys(("refinement", "collaborative"), "shape"),
}


def multiply(kind, gan):
    for variable in gan.discriminator.trainable_variables[-2:]:  # of the last layer
        variable.assign(TIMES[kind] * variable)


@pytest.fixture(scope="module")
def multiplied(tmp_path_factory, exported):
    folder = tmp_path_factory.mktemp("multiplied") / "run"
    with recording.watched(multiply) as watch:
        mog2d.run(dataclasses.replace(CONFIG, workdir=str(folder)))
    return folder, watch


def trained(folder, at):
    """The D that was trained, as anybody loads it."""
    d = tc.models.load(folder / "models" / f"discriminator-g{at}.keras")
    return tc.models.scorer(d)


def test_each_methods_scores_are_those_of_its_own_d(multiplied):
    folder, watch = multiplied
    score = trained(folder, 2)
    for line in small_runs.results(folder):
        method, d_step = line["method"], line["d_step"]
        times = TIMES[KIND[method]] ** d_step
        with np.load(folder / "samples" / f"{method}-g2-d{d_step}.npz") as kept:
            x = kept["x"]
            np.testing.assert_allclose(kept["score"], times * score(x), **CLOSE)
        (one,) = (o for o in watch.drawn if np.array_equal(o.samples.x, x))
        told = times * score(one.real.x).numpy()
        np.testing.assert_allclose(one.real.score, told, **CLOSE)


def test_calibration_is_judged_by_the_d_of_its_phase(multiplied):
    folder, watch = multiplied
    score = trained(folder, 2)
    held_out = score(watch.drawn[0].real.x).numpy().astype("f8")
    told = [(kind, d_step) for kind in ("calibrate", "shape") for d_step in (0, 1)]
    for (real, fake), (kind, d_step) in zip(watch.judged, told, strict=True):
        times = TIMES[kind] ** d_step
        probability = 1 / (1 + np.exp(-times * held_out))
        np.testing.assert_allclose(real, probability, **CLOSE)
        method = {"calibrate": "standard", "shape": "refinement"}[kind]
        drawn = watch.draws(method)[d_step]
        plain = times * score(drawn.samples.x).numpy().astype("f8")
        np.testing.assert_allclose(fake, 1 / (1 + np.exp(-plain)), **CLOSE)


def test_refinement_descends_the_energy_of_the_shaped_d_alone(multiplied):
    """Of the opposite sign: what is better by one is worse by the other."""
    folder, watch = multiplied
    score = trained(folder, 2)
    _, one = watch.draws("refinement")
    plain = one.judge.gan.generator(one.z, training=False)[: one.n]
    gain = np.mean(score(one.samples.x) - score(plain))
    # The shaped D's is the opposite number, and best points are never worse by it.
    assert gain < -0.01 * np.std(score(plain))


# What the score of a D in the pictures is of the trained one's.
SHOWN = {"trained": 1.0, "calibrated": TIMES["calibrate"], "shaped": TIMES["shape"]}


@pytest.fixture(scope="module")
def said(multiplied):
    """The trained D's score, the latents of the pictures, and their plain samples."""
    folder, watch = multiplied
    (z,) = watch.shown.latents
    d = trained(folder, 2)
    score = lambda x: d(np.asarray(x)).numpy().astype("f8")
    return score, z, watch.loop("train")[0].gan.generator(z, training=False).numpy()


def test_a_landscape_and_a_curve_of_reliability_are_of_the_d_they_name(
    multiplied, said
):
    _, watch = multiplied
    score, z, plain = said
    assert len(z) == CONFIG.num_samples
    for (prob, _), how in watch.shown["landscape"]:
        points = plots.plane(how["limits"], len(prob)).astype("f4")
        times = SHOWN[how["title"].removesuffix(" D")]
        expected = special.expit(times * score(points)).reshape(prob.shape)
        np.testing.assert_allclose(prob, expected, **CLOSE)
    titles = [how["title"] for _, how in watch.shown["landscape"]]
    assert titles == [f"{name} D" for name in SHOWN]
    (((bins,), _),) = watch.shown["reliability"]
    assert [*bins] == [*SHOWN]
    held_out = watch.drawn[0].real.x
    both = score(np.concatenate([held_out, plain]))
    label = np.repeat([1.0, 0.0], [len(held_out), len(plain)])
    for name, times in SHOWN.items():
        expected = metrics.reliability_bins(special.expit(times * both), label)
        for found, wanted in zip(bins[name], expected, strict=True):
            np.testing.assert_allclose(found, wanted, **CLOSE)


def test_paths_and_scores_are_of_the_shaped_d_from_plain_to_refined(multiplied, said):
    folder, watch = multiplied
    score, z, plain = said
    (((path,), _),) = watch.shown["paths"]
    (shape,) = watch.loop("shape")
    policy, real = tc.policies.ladam(RATE), shape.gan.scored(watch.drawn[0].real.x)
    visits = tc.sampling.trajectory(shape.gan, policy, layer=LAYER, steps=STEPS)
    np.testing.assert_allclose(path, visits(z, real).x, **CLOSE)
    np.testing.assert_allclose(path[0], plain, **CLOSE)
    own = lambda x: SHOWN["shaped"] * score(x)
    assert np.mean(own(path[-1]) - own(plain)) > 0.01 * np.std(own(plain))
    (((scores,), how),) = watch.shown["histograms"]
    assert how["label"] == "score of the shaped D"
    of = {"real": real.x, "standard": plain}
    of["refinement"] = small_runs.samples(folder, "refinement-g2-d1")
    assert [*scores] == [*of]
    for name, x in of.items():
        np.testing.assert_allclose(scores[name], own(x), **CLOSE)


def test_a_line_has_the_calibration_of_its_own_d(multiplied):
    folder, watch = multiplied
    told = [(kind, d_step) for kind in ("calibrate", "shape") for d_step in (0, 1)]
    reports = [metrics.calibration_report(*judged) for judged in watch.judged]
    by_d = dict(zip(told, reports, strict=True))
    for line in small_runs.results(folder):
        own = by_d[line["phase"], line["d_step"]]
        assert {name: line[name] for name in own} == own


def test_curves_show_the_probabilities_of_the_d_that_learns(multiplied):
    folder, watch = multiplied
    score, shown = trained(folder, 2), small_runs.scalars(folder)
    # Fakes are the plain samples that the last look in training took.
    looks = len(watch.covered) - len(watch.drawn)
    reals, fakes = watch.drawn[0].real.x, watch.covered[looks - 1][0]
    parts = {"D/mean on reals": reals, "D/mean on samples": fakes}
    for phase, step, times in (
        ("", 2, 1.0),
        (" (calibrate-g2)", 1, TIMES["calibrate"]),
        (" (shape-g2)", 1, TIMES["shape"]),
    ):
        for name, x in parts.items():
            mean = np.mean(1 / (1 + np.exp(-times * score(x).numpy())))
            assert shown[name + phase, step] == pytest.approx(mean, rel=1e-4)
