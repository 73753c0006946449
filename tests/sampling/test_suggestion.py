"""Tests for tf_collab.sampling.suggestion."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, models, objectives, policies, priors, sampling
from tf_collab.sampling import suggestion

POLICIES = [policies.sgd, policies.momentum, policies.adam, policies.ladam]
REAL = Scored(tf.zeros([4, 2]), tf.constant([0.5, 1.0, 1.5, 2.0]))


def linear_gan(*, scale=1.0, slope=1.0):
    """z ~ N(0, I) in three dimensions; x = scale z, score = slope * sum x."""
    g = models.LayeredModel([lambda z: scale * z, lambda h: h + 1.0])
    d = models.LayeredModel([lambda x: slope * tf.reduce_sum(x, 1)])
    return GAN(g, d, priors.normal(3), objectives.wgan_gp())


@pytest.mark.parametrize("layer, scale", [(0, 1.0), (1, 7.0), (2, 7.0)])
@pytest.mark.parametrize("slope", [0.01, 100.0])
def test_the_rate_is_the_share_of_the_spread_over_the_gradient(layer, scale, slope):
    gan = linear_gan(scale=scale, slope=slope)
    rate = sampling.suggest_rate(gan, policies.sgd, layer=layer, real=REAL, n=4096)
    # Energy is -score, whose gradient is slope * (7 at layer 0) in each of three.
    spread = {0: 1.0, 1: scale, 2: scale}[layer] * np.sqrt(3)
    norm = slope * (scale if layer == 0 else 1.0) * np.sqrt(3)
    # The root mean square of 3 * 4096 normals, to four sigma.
    assert rate == pytest.approx(0.02 * spread / norm, rel=4 / np.sqrt(2 * 3 * 4096))


@pytest.mark.parametrize("make_policy", POLICIES)
@pytest.mark.parametrize("layer", [0, 1, 3])
@pytest.mark.parametrize("calibrator", [None, lambda score: 0.5 * score - 1])
def test_the_first_step_moves_the_median_sample_by_the_share(
    trained, make_policy, layer, calibrator
):
    trained = trained._replace(calibrator=calibrator)
    z = trained.prior(64, tf.constant([0, 5]))
    rate = sampling.suggest_rate(
        trained, make_policy, layer=layer, real=REAL, share=0.05, n=64, seed=5
    )
    # Cut behind the layer: x of the rest's own input is the activation itself.
    h = trained.generator.encode(z, to=layer)
    rest = models.LayeredModel([tf.identity])
    judge = models.LayeredModel(
        [lambda a: trained.generator.decode(a, from_=layer), trained.discriminator]
    )
    inner = GAN(rest, judge, lambda n, seed: h, trained.objective, calibrator)
    walk = sampling.trajectory(inner, make_policy(rate), layer=0, steps=1)
    visited = walk(h, REAL).x.numpy()
    step = np.median(np.linalg.norm(visited[1] - visited[0], axis=1))
    spread = np.sqrt(np.mean(np.sum((h - np.mean(h, 0)) ** 2, 1)))
    assert step / spread == pytest.approx(0.05, rel=2e-3)


def test_a_policy_whose_step_is_not_proportional_to_its_rate_is_solved_for(trained):
    def root(rate):
        return policies.adam(np.sqrt(rate))

    at = {"layer": 1, "real": REAL, "n": 64}
    plain = sampling.suggest_rate(trained, policies.adam, **at)
    assert sampling.suggest_rate(trained, root, **at) == pytest.approx(
        plain**2, rel=5e-3
    )


def test_labels_stay_out_of_it():
    def prior(n, seed):
        return priors.normal(3)(n, seed), tf.ones([n], tf.int32)

    g = models.LayeredModel(
        [lambda z: z, lambda h: h[0] * tf.cast(h[1], "float32")[:, None]]
    )
    labelled = linear_gan()._replace(generator=g, prior=prior)
    at = {"layer": 1, "real": REAL, "n": 64}
    assert sampling.suggest_rate(labelled, policies.sgd, **at) == pytest.approx(
        sampling.suggest_rate(linear_gan(), policies.sgd, **at)
    )


def test_what_gives_no_rate_is_refused():
    at = {"layer": 1, "real": REAL, "n": 16}
    with pytest.raises(ValueError, match=r"length 0\.0 for the median.*saturated"):
        sampling.suggest_rate(linear_gan(slope=0.0), policies.sgd, **at)
    with pytest.raises(ValueError, match="same for every latent"):
        sampling.suggest_rate(linear_gan(scale=0.0), policies.sgd, **at)
    with pytest.raises(ValueError, match="share is a positive number, not 0"):
        sampling.suggest_rate(linear_gan(), policies.sgd, share=0, **at)
    with pytest.raises(ValueError, match="calibrator"):
        sampling.suggest_rate(linear_gan(), policies.ladam, **at)
    with pytest.raises(ValueError, match="is a function rate -> policy"):
        sampling.suggest_rate(linear_gan(), policies.adam(0.1), **at)
    with pytest.raises(ValueError, match=r"gan.scored\(x\) returns, not EagerTensor"):
        braked = linear_gan()._replace(calibrator=tf.identity)
        sampling.suggest_rate(braked, policies.ladam, **{**at, "real": REAL.x})
    with pytest.raises(ValueError, match="layer 7 is not one of"):
        sampling.suggest_rate(linear_gan(), policies.sgd, **{**at, "layer": 7})


def test_a_row_says_what_refine_does(trained):
    *_, row = sampling.sweep(
        trained, policies.adam, layers=[2, 1], steps=[9, 6], rates=[0.1, 0.3],
        real=REAL, n=32, seed=4,
    )  # fmt: skip
    z = trained.prior(32, tf.constant([0, 4]))
    proposer = sampling.refine(trained, policies.adam(0.3), layer=1, steps=6, xla=False)
    state = proposer.init(tf.constant([0, 0]), z, REAL)
    refined, _, _ = proposer.step(tf.constant([0, 0]), z, state)
    x = trained.generator(z)
    energy = trained.objective.energy
    before = energy(trained.discriminator(x)).numpy().astype("f8")
    after = energy(refined.score).numpy().astype("f8")
    distance = np.median(np.linalg.norm(refined.x - x, axis=1))
    spread = np.sqrt(np.mean(np.sum((x - np.mean(x, 0)) ** 2, 1)))
    expected = suggestion.Row(
        1, 0.3, 6, before.mean(), after.mean(), (before - after).mean(),
        (after < before).mean(), distance / spread,
    )  # fmt: skip
    np.testing.assert_allclose(row[:8], expected[:8], rtol=1e-4)
    assert row.gain > 0


def test_more_steps_never_give_less_and_start_alike(trained):
    rows = sampling.sweep(
        trained, policies.sgd, layers=[0, 2], steps=[0, 1, 4], rates=[0.01, 1.0],
        real=REAL, n=32,
    )  # fmt: skip
    order = [(row.layer, row.rate, row.steps) for row in rows]
    assert order == [(a, b, c) for a in (0, 2) for b in (0.01, 1.0) for c in (0, 1, 4)]
    for none, one, four in zip(rows[::3], rows[1::3], rows[2::3]):
        assert none.gain == none.improved == none.moved == 0
        assert none.refinement >= one.refinement >= four.refinement
        assert none.standard == one.standard == four.standard == rows[0].standard
    assert rows[2].gain > 0


def test_points_that_are_not_finite_are_never_picked():
    d = models.LayeredModel([lambda x: tf.reduce_sum(tf.math.log(3.0 - x), 1)])
    gan = linear_gan()._replace(
        discriminator=d, prior=lambda n, seed: tf.linspace([0.0], [1.5], n)
    )
    (row,) = sampling.sweep(
        gan, policies.sgd, layers=[2], steps=[1], rates=[-50.0], real=REAL, n=5
    )
    assert row.gain == row.moved == 0
    assert np.isfinite(row.standard)


def test_without_rates_each_layer_gets_its_own(trained):
    rows = sampling.sweep(
        trained, policies.sgd, layers=[0, 3], steps=[1], real=REAL, n=32, seed=4
    )
    for layer, part in (0, rows[:3]), (3, rows[3:]):
        rate = sampling.suggest_rate(
            trained, policies.sgd, layer=layer, real=REAL, n=32, seed=4
        )
        assert [row.rate for row in part] == pytest.approx([rate / 2, rate, 2 * rate])


def test_a_table_is_in_the_order_tried_and_says_why():
    rows = [
        suggestion.Row(0, 12.0, 10, 1.0, 0.9, 0.1, 1.0, 0.25),
        suggestion.Row(1, 0.001234, 5, 1.0, 0.75, 0.25, 0.5, 0.1),
    ]
    head, rule, first, second, _, caption = sampling.table(rows).splitlines()
    assert head.count("|") == rule.count("|") == first.count("|") == 9
    assert first == "| 0 | 12 | 10 | 1.000 | 0.900 | 0.100 | 100% | 0.25 |"
    assert second == "| 1 | 0.00123 | 5 | 1.000 | 0.750 | 0.250 | 50% | 0.10 |"
    assert "not by gain" in caption


def test_a_table_with_a_metric_starts_with_the_lowest():
    worst = suggestion.Row(0, 12.0, 10, 1.0, 0.5, 0.5, 1.0, 0.25, 7.0, 3.0)
    best = suggestion.Row(1, 0.001234, 5, 1.0, 0.75, 0.25, 0.5, 0.1, 2.5, 3.0)
    head, rule, *found, _, caption = sampling.table([worst, best]).splitlines()
    assert head.endswith("| moved | metric |") and rule.count("|") == 10
    assert found[0].endswith("| 0.10 | 2.5 |") and found[1].endswith("| 0.25 | 7 |")
    assert caption == "The lowest metric first. The same samples, not refined, have 3."


def test_a_metric_sees_refined_samples_and_gain_stays_beside_it(trained):
    seen, told = [], []

    def metric(x):
        assert isinstance(x, np.ndarray)
        seen.append(x)
        return np.mean(x)

    how = {"layers": [1, 3], "steps": [0, 6], "rates": [0.3, 0.1]}
    options = {**how, "real": REAL, "n": 32, "seed": 4}
    rows = sampling.sweep(
        trained, policies.adam, metric=metric,
        progress=lambda *counts: told.append(counts), **options,
    )  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    z = trained.prior(32, tf.constant([0, 4]))
    x = trained.generator(z).numpy()
    proposer = sampling.refine(trained, policies.adam(0.3), layer=1, steps=6, xla=False)
    state = proposer.init(tf.constant([0, 0]), z, REAL)
    refined, _, _ = proposer.step(tf.constant([0, 0]), z, state)
    np.testing.assert_allclose(seen[0], x)
    np.testing.assert_allclose(seen[1], x, rtol=1e-5, atol=1e-6)  # 0 steps
    np.testing.assert_allclose(seen[2], refined.x, rtol=1e-4, atol=1e-5)
    assert [row.metric for row in rows] == [np.mean(x) for x in seen[1:]]
    assert {row.standard_metric for row in rows} == {float(np.mean(seen[0]))}
    without = sampling.sweep(trained, policies.adam, **options)
    assert [row._replace(metric=None, standard_metric=None) for row in rows] == without


@pytest.mark.parametrize("empty", ["layers", "steps", "rates"])
def test_an_empty_sweep_is_refused(empty):
    chosen = {"layers": [1], "steps": [1], "rates": [1.0], empty: []}
    with pytest.raises(ValueError, match="at least one of each"):
        sampling.sweep(linear_gan(), policies.sgd, **chosen, real=REAL)


def test_a_keras_layer_named_in_a_cut_can_be_tuned():
    g = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, name="root"), keras.layers.Dense(2)]
    )
    gan = linear_gan()._replace(generator=models.split(g, ["root"]))
    rate = sampling.suggest_rate(gan, policies.adam, layer=1, real=REAL, n=16)
    assert 0 < rate < np.inf


def test_a_layer_may_be_given_by_its_name(trained, target):
    names = ["first", "second"]
    g = models.LayeredModel(trained.generator.stages, layer_names=names)
    gan = trained._replace(generator=g)
    real = gan.scored(target.batch(64, (0, 1)))
    told = {}
    for layer in 1, "first":
        rate = sampling.suggest_rate(
            gan, policies.adam, layer=layer, real=real, n=32, seed=0
        )
        (row,) = sampling.sweep(
            gan, policies.adam, layers=[layer], steps=[2], rates=[rate], real=real, n=32
        )
        assert row.layer == layer
        told[layer] = rate, row[1:]
    assert told[1] == told["first"]
    with pytest.raises(ValueError, match=r"'frist' is not .*; did you mean 'first'\?"):
        sampling.suggest_rate(gan, policies.adam, layer="frist", real=real)
