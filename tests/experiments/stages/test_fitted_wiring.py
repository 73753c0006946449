"""Where D gives no ratio, what DRS and MH need is fitted: to its scores, of what."""

import numpy as np
import pytest
from helpers import recording, small_runs

import tf_collab as tc
from experiments import coulomb

TIMES = {"calibrate": 3.0, "shape": -2.0}
FIRST = {"calibrate": "standard", "shape": "refinement"}
# In this order what is asked for is drawn.
LOOPS = [(kind, d_step) for kind in TIMES for d_step in (0, 1)]
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32 in batches of other sizes


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, exported):
    """A Coulomb GAN's run in which D is multiplied instead of learning."""
    folder = tmp_path_factory.mktemp("fitted") / "run"

    def multiply(kind, gan):
        for variable in gan.discriminator.trainable_variables[-2:]:  # the last layer's
            variable.assign(TIMES[kind] * variable)

    options = {**small_runs.CHARGES, "iterations": 0.001, "checkpoint_every": 1}
    options |= {"method": "all", "calibrate_iters": 1, "shape_iters": 1}
    with recording.watched(multiply) as watch:
        coulomb.run(coulomb.Config(workdir=str(folder), **options))
    d = tc.models.scorer(tc.models.load(folder / "models/discriminator-g1.keras"))
    return watch, lambda x: d(x).numpy().astype("f8")


def places(values, among):
    """Where each of the values is found."""
    gaps = np.abs(np.asarray(among)[None] - np.asarray(values)[:, None])
    found = gaps.argmin(axis=1)
    np.testing.assert_allclose(np.asarray(among)[found], values, **CLOSE)
    return set(found.tolist())


def test_each_fit_is_to_its_own_d_and_judged_on_other_reals(fitted):
    watch, score = fitted
    held_out = score(watch.draws("standard")[0].real.x)
    assert len(watch.fits) == len(watch.judged) == len(LOOPS)
    for (kind, d_step), fit, judged in zip(LOOPS, watch.fits, watch.judged):
        own = TIMES[kind] ** d_step * held_out
        real, fake, calibrator = fit
        learned = places(real, own)
        # The logit of a probability is what the calibrator says of the score.
        logits = [np.log(p / (1 - p)) for p in judged]
        others = places(logits[0], calibrator(own).numpy())
        assert not learned & others and learned | others == set(range(len(own)))
        drawn = watch.draws(FIRST[kind])[d_step]
        said = calibrator(drawn.samples.score).numpy()[: len(others)]
        np.testing.assert_allclose(logits[1], said, **CLOSE)
        assert not {*fake.tolist()} & {*drawn.samples.score.tolist()}


def test_each_fit_is_to_the_proposals_of_its_chain(fitted):
    watch, score = fitted
    fits = [one for one in watch.drawn if one.method is None]
    chains = [watch.draws(FIRST[kind])[d_step] for kind, d_step in LOOPS]
    zipped = zip(LOOPS, watch.fits, fits, chains, strict=True)
    for (kind, d_step), (_, fake, _), drawn, chain in zipped:
        own = lambda x, times=TIMES[kind] ** d_step: times * score(x)
        np.testing.assert_array_equal(fake, drawn.samples.score)
        np.testing.assert_allclose(fake, own(drawn.samples.x), **CLOSE)
        plain = chain.judge.gan.generator(drawn.z, training=False)[: drawn.n]
        if kind == "calibrate":
            np.testing.assert_allclose(drawn.samples.x, plain, **CLOSE)
        else:  # refined by this D: a higher score is a lower energy
            assert np.mean(fake - own(plain)) > 0.1 * np.std(own(plain))
        assert not {r.tobytes() for r in drawn.z} & {r.tobytes() for r in chain.z}


def test_acceptors_are_given_the_fit_to_the_d_of_their_step(fitted):
    watch, _ = fitted
    calibrators = [fit[2] for fit in watch.fits]
    for made, calibrator in zip(watch.suites, calibrators, strict=True):
        assert made["judge"].calibrator is calibrator
