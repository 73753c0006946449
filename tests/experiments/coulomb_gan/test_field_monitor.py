"""What a Coulomb GAN's training shows of its field, by double sums in NumPy.

The run's nets never learn, and its kernel is half as wide after a thousand steps.
"""

import numpy as np
import pytest
from helpers import recording, small_runs

from experiments import coulomb
from tf_collab import plots

STEPS, N, BATCH = 1000, 80, 20
WIDTH = {0: 4.0, STEPS: 2.0}  # of the kernel, by step
OPTIONS = {"iterations": STEPS / 1000, "num_samples": N, "batch_size": BATCH}
OPTIONS |= {"dimension": 4.0, "epsilon": 4.0, "epsilon_floor": 1.0, "decay": 0.5}
# float32's sums of eighty, of numbers below one.
CLOSE = {"rel": 1e-4, "abs": 1e-5}


class Looked:
    """A run, as it was seen where it measures and paints."""

    def __init__(self, folder, self_term):
        self.frames, pair = [], plots.field_pair

        def field_pair(*args, **options):
            self.frames.append((*args, options))
            return pair(*args, **options)

        options = {
            **small_runs.CHARGES,
            **OPTIONS,
            "mode": "train",
            "self_term": self_term,
        }
        with recording.standing() as watch, pytest.MonkeyPatch.context() as patch:
            patch.setattr(plots, "field_pair", field_pair)
            coulomb.run(coulomb.Config(workdir=str(folder), **options))
        self.self_term = self_term
        self.gan = watch.loops[0].gan
        self.real = self.frames[0][-1]["real"].astype("f8")
        self.fake = watch.covered[0][0].astype("f8")
        self.lines = {
            line["gan_step"]: line
            for line in small_runs.results(folder, "training.jsonl")
        }

    def score(self, x):
        return self.gan.scored(x.astype("f4")).score.numpy().astype("f8")


@pytest.fixture(scope="module", params=["keep", "drop"])
def looked(request, tmp_path_factory):
    return Looked(tmp_path_factory.mktemp("looked") / "run", request.param)


def distances(a, b):
    return np.linalg.norm(a[:, None] - b, axis=2)


def mean(values, own):
    """Of each row; with "drop", of all but the diagonal."""
    if own == "keep":
        return values.mean(axis=1)
    return (values.sum(axis=1) - np.diag(values)) / (len(values) - 1)


def potential(at, real, fake, width):
    """Of the kernel of dimension 4."""
    near = lambda a, b: 1 / (distances(a, b) ** 2 + width**2)
    return near(at, real).mean(axis=1) - near(at, fake).mean(axis=1)


def potentials(real, fake, width, own):
    """Where the reals are and where the fakes are."""
    near = lambda a, b: 1 / (distances(a, b) ** 2 + width**2)
    at_real = mean(near(real, real), own) - near(real, fake).mean(axis=1)
    at_fake = near(fake, real).mean(axis=1) - mean(near(fake, fake), own)
    return at_real, at_fake


def norm(net):
    return np.sqrt(sum(np.sum(np.square(v)) for v in net.trainable_variables))


@pytest.mark.parametrize("step", WIDTH)
def test_the_numbers_of_a_look_are_the_double_sums(step, looked):
    real, fake, line = looked.real, looked.fake, looked.lines[step]
    said = [looked.score(x) for x in (real, fake)]
    free = potentials(real, fake, WIDTH[step], "drop")
    kept = potentials(real, fake, WIDTH[step], "keep")
    learned, known = [], []
    for i in range(N // BATCH):  # as many batches as there are samples for
        parts = (x[i :: N // BATCH] for x in (real, fake))
        learned += potentials(*parts, WIDTH[step], looked.self_term)
        known += [score[i :: N // BATCH] for score in said]
    gaps = np.concatenate(known) - np.concatenate(learned)
    of_all = np.concatenate(said) - np.concatenate(free)
    expected = {
        "potential_real": free[0].mean(),
        "potential_fake": free[1].mean(),
        "d_error": np.mean(gaps**2),
        "d_r2": 1 - np.mean(gaps**2) / np.var(np.concatenate(learned)),
        "d_r2_field": 1 - np.mean(of_all**2) / np.var(np.concatenate(free)),
        "field_energy": (kept[0].mean() - kept[1].mean()) / 2,
        "distance_xx": mean(distances(fake, fake), "drop").mean(),
        "distance_xy": distances(fake, real).mean(),
        "distance_yy": mean(distances(real, real), "drop").mean(),
        "g_weight_norm": norm(looked.gan.generator),
        "d_weight_norm": norm(looked.gan.discriminator),
    }
    assert {name: line[name] for name in expected} == pytest.approx(expected, **CLOSE)


def test_each_frame_is_the_field_of_its_step_beside_what_d_says(looked):
    for step, (exact, learned, options) in zip(WIDTH, looked.frames, strict=True):
        assert options["title"] == f"GAN step {step}"
        n = len(exact[0])
        plane = plots.plane(options["limits"], n)[:: n + 7]  # some of its points
        for (heights, _), expected in (
            (exact, potential(plane, looked.real, looked.fake, WIDTH[step])),
            (learned, looked.score(plane)),
        ):
            np.testing.assert_allclose(
                heights.reshape(-1)[:: n + 7], expected, rtol=1e-4, atol=1e-5
            )
        for name, x in (("real", looked.real), ("fake", looked.fake)):
            np.testing.assert_array_equal(options[name], x.astype("f4"))
        # One scale for the whole film, by the reals alone as they were at first.
        alone = lambda at: (1 / (distances(at, looked.real) ** 2 + 16)).mean(axis=1)
        every = alone(plots.plane(options["limits"], n))
        assert options["highest"] == pytest.approx(every.max() - every.mean(), rel=1e-3)
