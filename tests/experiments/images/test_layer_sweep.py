"""The comparison of every layer: what its lines and its figures are of."""

import keras
import numpy as np
import pytest
from helpers import recording, small_runs

import tf_collab as tc
from experiments import celeba
from tf_collab import metrics

N, STEPS, METRIC = 12, 2, "fd_quarters_output_12_test"
LAST = 2  # layer of G
CLOSE = {"rtol": 1e-4, "atol": 1e-6}  # float32 through dense nets, in other graphs
LAYERS = keras.layers
quarters = [LAYERS.AveragePooling2D(16), LAYERS.Flatten()]  # few features for few rows


def generator(size, *, latent, **others):
    """Of pixels so near to -1 and 1 that a step leads beyond."""
    steep = keras.initializers.RandomNormal(stddev=2.0, seed=1)
    images = [LAYERS.Dense(size**2, "tanh", kernel_initializer=steep)]
    images += [LAYERS.Reshape([size, size, 1])]
    start = keras.initializers.GlorotUniform(seed=3)
    vector = LAYERS.Dense(6, "tanh", kernel_initializer=start)
    g = tc.models.LayeredModel([vector, keras.Sequential(images)])
    g(np.zeros([1, latent]))
    return g


def discriminator(size, **others):
    score = keras.initializers.RandomNormal(stddev=0.1, seed=2)
    score = LAYERS.Dense(1, kernel_initializer=score, bias_initializer="ones")
    d = tc.models.LayeredModel([LAYERS.Flatten(), score, LAYERS.Reshape(())])
    d(np.zeros([1, size, size, 1]))
    return d


def turn(kind, gan):
    """Instead of learning: a shaped D of the opposite sign, and steeper."""
    for variable in gan.discriminator.trainable_variables:
        variable.assign(-2 * variable)


@pytest.fixture(scope="module")
def swept(digits, tmp_path_factory):
    """A run that compares its layers: its lines, and what was seen."""
    top = tmp_path_factory.mktemp("layers")
    file = top / "quarters.keras"
    keras.Sequential([keras.Input((32, 32, 1)), *quarters]).save(file)
    options = {
        **small_runs.IMAGES,
        "num_samples": N,
        "rollout_steps": STEPS,
        "niters": 1,
    }
    options |= {"calibrate_iters": 0, "method": ("refinement",), "output_size": 32}
    options |= {"dataset": "mnist", "data_dir": str(digits), "features": str(file)}
    options |= {"rollout_method": "ladam", "collab_layer": "all", "xla": "off"}
    with pytest.MonkeyPatch.context() as patch, recording.watched(turn) as watch:
        patch.setattr(tc.models, "DCGANGenerator", generator)
        patch.setattr(tc.models, "DCGANDiscriminator", discriminator)
        celeba.run(celeba.Config(workdir=str(top / "run"), **options))
    return small_runs.results(top / "run", "layers.jsonl"), watch


@pytest.fixture(scope="module")
def by_hand(swept):
    """The latents, and by D and layer of a line the D and its refined samples."""
    lines, watch = swept
    z = watch.refined[-1]["moved"][0][0]
    real, seed = watch.drawn[0].real.x, tc.seeds.as_seed(0)
    judges = {"unshaped": watch.loop("train"), "shaped": watch.loop("shape")}
    found = {}
    for line in lines[1:]:
        layer, name = line["layer"], line["judge"]
        gan = judges[name][0].gan
        bounds = (-1, 1) if layer == LAST else None
        refine = tc.sampling.refine(
            gan,
            tc.policies.ladam(line["rate"]),
            layer=layer,
            steps=STEPS,
            bounds=bounds,
            xla=False,
        )
        state = refine.init(seed, z, gan.scored(real))
        x = refine.step(seed, z, state)[0].x
        found[name, layer] = gan, x.numpy()
    return watch.loop("train")[0].gan.generator(z).numpy(), found


def test_a_line_is_of_samples_refined_by_its_d_at_its_layer_and_rate(swept, by_hand):
    lines, watch = swept
    plain, found = by_hand
    net = metrics.from_keras(keras.Sequential([keras.Input((32, 32, 1)), *quarters]))
    _, reference, _ = watch.distances[0]

    def distance(x):
        stats = metrics.FeatureStats.of(net(np.clip(x, -1, 1)))
        return pytest.approx(metrics.frechet_distance(stats, reference), rel=1e-4)

    assert len(plain) == N and lines[0][METRIC] == distance(plain)
    which = [(line["judge"], line["layer"]) for line in lines[1:]]
    every = range(LAST + 1)
    assert which == [(d, layer) for layer in every for d in ("unshaped", "shaped")]
    for line in lines[1:]:
        gan, x = found[line["judge"], line["layer"]]
        gain = np.mean(gan.scored(x).score - gan.scored(plain).score)
        assert line["gain"] == pytest.approx(gain, rel=1e-3)
        assert line["change"] == pytest.approx(np.abs(x - plain).mean(), rel=1e-3)
        assert line[METRIC] == distance(x) != distance(plain)
        assert line["d_step"] == (line["judge"] == "shaped")
        assert line["n"] == N and line["steps"] == STEPS


def test_both_ds_refine_at_the_rate_that_the_unshaped_one_suggests(swept):
    lines, watch = swept
    (trained,) = (loop.gan for loop in watch.loop("train"))
    rates = {one["layer"]: one for one in watch.rates[-1 - LAST :]}
    for line in lines[1:]:
        told = rates[line["layer"]]
        assert told["gan"].discriminator is trained.discriminator
        assert line["rate"] == told["found"]
        score = trained.scored(told["real"].x).score
        np.testing.assert_allclose(told["real"].score, score, **CLOSE)


def test_figures_show_what_the_lines_tell(swept, by_hand):
    lines, watch = swept
    plain, found = by_hand
    (((standard, refined), _),) = watch.shown["layers"]
    np.testing.assert_allclose(standard, plain[: len(standard)], **CLOSE)
    assert [*refined] == [*range(LAST + 1)]
    for layer, x in refined.items():
        np.testing.assert_allclose(x, found["shaped", layer][1][: len(x)], **CLOSE)
    curves = watch.shown["metric_curves"]
    (((rows,), how),) = (one for one in curves if one[1]["x"] == "layer")
    assert how["by"] == "judge" and how["metric"][0] == METRIC
    assert [{n: row[n] for n in line} for row, line in zip(rows, lines)] == lines
