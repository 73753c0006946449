"""What the pictures of a run on images show: of which G and which D, at which step."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import figures_shown, recording, small_runs

import tf_collab as tc
from tf_collab import metrics

# Instead of learning, D's score is multiplied: each D is told by what it says.
TIMES = {"trained": 1.0, "calibrated": 0.3, "shaped": -2.0}
N, STEPS, RATE, LAYER = 90, 6, 0.1, 1
AT = (1, 2)  # GAN steps
CLOSE = {"rtol": 1e-4, "atol": 1e-5}  # float32 in batches of other sizes
LAYERS = keras.layers


def dense(units, seed, spread, activation=None):
    start = keras.initializers.RandomNormal(stddev=spread, seed=seed)
    return LAYERS.Dense(units, activation, kernel_initializer=start)


def generator(*, latent, **others):
    """Whose samples depend on their batch in training alone."""
    vector = keras.Sequential([dense(6, 1, 0.2), LAYERS.BatchNormalization()])
    images = [dense(28 * 28, 2, 0.05, "tanh"), LAYERS.Reshape([28, 28, 1])]
    g = tc.models.LayeredModel([vector, keras.Sequential(images)])
    g(np.zeros([1, latent]))
    return g


def discriminator(**others):
    d = tc.models.LayeredModel(
        [LAYERS.Flatten(), dense(1, 3, 0.04), LAYERS.Reshape(())]
    )
    d(np.zeros([1, 28, 28, 1]))
    return d


def multiply(kind, gan):
    times = TIMES[{"calibrate": "calibrated", "shape": "shaped"}[kind]]
    for variable in gan.discriminator.trainable_variables:
        variable.assign(times * variable)


@pytest.fixture(scope="module")
def drawn(digits, exported, tmp_path_factory):
    """A run of two GAN steps: its folder, its reals, what was shown, and all z."""
    folder, latents = tmp_path_factory.mktemp("figures") / "run", []
    options = {**small_runs.IMAGES, "ckpt_num": AT, "lrg": 0.1, "num_samples": N}
    options |= {"rollout_steps": STEPS, "rollout_rate": RATE, "collab_layer": LAYER}
    options |= {"method": ("standard", "refinement"), "batch_statistics": False}
    uniform = tc.priors.uniform

    def recorded(*shape):
        prior = uniform(*shape)

        def draw(n, seed):
            z = prior(n, seed)
            latents.append(recording.number(z))
            return z

        return prior._replace(draw=draw)

    with (
        pytest.MonkeyPatch.context() as patch,
        recording.watched(multiply) as watch,
        figures_shown.watched() as shown,
    ):
        patch.setattr(tc.priors, "uniform", recorded)
        patch.setattr(tc.models, "NSGAN28Generator", generator)
        patch.setattr(tc.models, "NSGAN28Discriminator", discriminator)
        small_runs.run_digits(folder, digits, **options)
    gans = {at: judges(folder, watch.loop("train")[0].gan, at) for at in AT}
    of = lambda name: shown.of(folder / "figures" / f"{name}.png")
    return folder, gans, watch.drawn[0].real.x, of, latents


def judges(folder, made, at):
    """By the name of each D, it and G as the files of a GAN step have them."""
    found = {}
    for name, times in TIMES.items():
        nets = {net: tc.models.copy(getattr(made, net)) for net in made._fields[:2]}
        for kind, net in nets.items():
            saved = tc.models.load(folder / "models" / f"{kind}-g{at}.keras")
            net.set_weights(saved.get_weights())
        for variable in nets["discriminator"].trainable_variables:
            variable.assign(times * variable)
        found[name] = made._replace(**nets)
    return found


@pytest.fixture(scope="module")
def z(drawn):
    """That of the pictures in training, which all others are of too."""
    _, gans, _, of, latents = drawn
    found = []
    for at in AT:
        name, (x,), _ = of(f"training-g{at}")
        assert name == "grid" and len(x) == 64
        many = [z for z in latents if z is not None and len(z) >= 64]
        plain = [gans[at]["trained"].generator(z, training=False) for z in many]
        gaps = [np.abs(x - one[:64]).max() for one in plain]
        found.append(many[int(np.argmin(gaps))])
        assert min(gaps) < 1e-5
    first, second = found
    np.testing.assert_array_equal(first, second)
    return first


def test_training_shows_g_as_it_was_at_each_step(drawn, z):
    _, gans, _, _, _ = drawn
    first, second = (gans[at]["trained"].generator(z).numpy() for at in AT)
    assert len(z) == N and np.abs(first - second).max() > 1e-2


def test_methods_are_shown_by_the_samples_of_most_d_steps(drawn):
    folder, _, _, of, _ = drawn
    for at in AT:
        for method, d_step in (("standard", 0), ("refinement", 1)):
            name, (x,), options = of(f"samples-{method}-g{at}")
            kept = small_runs.samples(folder, f"{method}-g{at}-d{d_step}")[:64]
            np.testing.assert_array_equal(x, tc.data.to_float(kept))
            shown = {"title": method, "limits": (-1, 1), "columns": None}
            assert name == "grid" and options == shown


@pytest.mark.parametrize("judge", ["trained", "shaped"])
@pytest.mark.parametrize("at", AT)
def test_refinement_is_shown_as_the_d_it_is_named_after_guides_it(drawn, z, at, judge):
    _, gans, real, of, _ = drawn
    gan = gans[at][judge]
    visits = tc.sampling.trajectory(
        gan, tc.policies.momentum(RATE), layer=LAYER, steps=STEPS
    )
    path = visits(tf.constant(z), gan.scored(real))
    x, score = path.x.numpy(), path.score.numpy()
    best = gan.objective.energy(path.score).numpy().argmin(axis=0), np.arange(N)
    assert np.mean(score[best] - score[0]) > 0.1 * np.std(score[0])

    _, pair, options = of(f"strip-{judge}-g{at}")
    for found, expected in zip(pair, (x[0], x[best])):
        np.testing.assert_allclose(found, expected[:10], **CLOSE)
    assert options["titles"] == ("standard", f"refined by\nthe {judge} D")

    _, walk, options = of(f"steps-{judge}-g{at}")
    steps = options["steps"]
    assert steps == [0, 1, 3, 4, 6]
    for found, expected in zip(walk, (x, score)):
        np.testing.assert_allclose(found, expected[steps][:, :6], **CLOSE)

    _, (scores,), options = of(f"scores-{judge}-g{at}")
    assert options["label"] == f"score of the {judge} D"
    assert [*scores] == ["real", "standard", "refinement"]
    for found, expected in zip(
        scores.values(), (gan.scored(real).score, score[0], score[best])
    ):
        np.testing.assert_allclose(found, expected, **CLOSE)


@pytest.mark.parametrize("at", AT)
def test_each_curve_of_reliability_is_of_the_d_it_names(drawn, z, at):
    _, gans, real, of, _ = drawn
    _, (bins,), options = of(f"reliability-g{at}")
    assert options == {"title": "D on reals and plain samples"}
    assert [*bins] == [*TIMES]
    for name, gan in gans[at].items():
        both = [gan.scored(x).score for x in (real, gan.generator(z, training=False))]
        prob = tf.sigmoid(tf.concat(both, axis=0)).numpy()
        label = np.repeat([1.0, 0.0], [len(part) for part in both])
        expected = metrics.reliability_bins(prob, label)
        for found, value in zip(bins[name], expected, strict=True):
            np.testing.assert_allclose(found, value, atol=1e-5)
        assert (expected.count > 0).sum() > 1
