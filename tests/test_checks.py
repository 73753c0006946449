"""Tests for tf_collab.checks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import GAN, Scored, checks, models, objectives, priors

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=[20, 2]).astype("float32")


def identity(x):
    return x


def gan_of(g=identity, d=lambda x: tf.reduce_sum(x, 1), *, prior=None, objective=None):
    return GAN(
        models.LayeredModel([g]),
        models.LayeredModel([d]),
        prior or priors.normal(2),
        objective or objectives.nsgan(),
    )


@pytest.mark.parametrize("n", [1, 8, 100])
def test_nothing_is_said_of_a_gan_that_is_well(n):
    assert checks.check(gan_of(), POINTS, n=n) == []
    assert checks.check(gan_of(), tf.constant(POINTS), n=n) == []


def test_nothing_is_said_of_new_nets():
    for seed in range(3):
        g, d = models.MLPGenerator(64, 6, seed=seed), models.MLPDiscriminator(64, 6)
        gan = GAN(g, d, priors.normal(2), objectives.wgan_gp())
        assert checks.check(gan, 2 * POINTS, seed=seed) == []


def test_a_check_leaves_both_nets_as_they_are():
    norms = [keras.layers.BatchNormalization() for _ in range(2)]
    d = models.LayeredModel([norms[1], lambda x: tf.reduce_sum(x, 1)])
    gan = gan_of(norms[0])._replace(discriminator=d)
    gan.generator(POINTS), gan.discriminator(POINTS)
    before = [v.numpy() for norm in norms for v in norm.variables]
    for own in (False, True):
        checks.check(gan._replace(batch_statistics=own), POINTS)
    after = [v.numpy() for norm in norms for v in norm.variables]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_latents_and_data_may_carry_labels():
    def labelled(n, seed):
        return priors.normal(2)(n, seed), tf.zeros([n], tf.int32)

    def score(x):
        return tf.reduce_sum(x[0], 1) + tf.cast(x[1], tf.float32)

    gan = gan_of(identity, score, prior=labelled)
    data = (POINTS, np.arange(20, dtype="int32"))
    assert checks.check(gan, data) == []
    with pytest.raises(ValueError, match="need the same structure"):
        checks.check(gan, POINTS)
    with pytest.raises(ValueError, match=r"float32 \[batch, 2\], int32 \[batch\]"):
        checks.check(gan, (POINTS, POINTS))


@pytest.mark.parametrize(
    "data, sentence",
    [
        (POINTS[:, :1], r"gives float32 \[batch, 2\] and the data are .*\[batch, 1\]"),
        (
            POINTS[:, None],
            r"data are float32 \[batch, 1, 2\]: they need the same shape",
        ),
        (POINTS.astype("float64"), r"data are float64 \[batch, 2\]"),
        (POINTS.astype("uint8"), r"data are uint8 \[batch, 2\]"),
        (np.full([9, 2], np.nan, "float32"), "the data are not all finite"),
    ],
)
def test_data_unlike_the_samples_are_refused(data, sentence):
    with pytest.raises(ValueError, match=sentence):
        checks.check(gan_of(), data)


def test_half_precision_samples_pass_for_floats():
    gan = gan_of(lambda z: tf.cast(z, tf.bfloat16))
    assert checks.check(gan, POINTS) == []


@pytest.mark.parametrize(
    "score, sentence",
    [
        (
            lambda x: x[:, :1],
            r"gives \(8, 1\) for 8 rows of real data: .*models.scorer",
        ),
        (lambda x: tf.reduce_sum(x), r"gives \(\) for 8 rows"),
        (lambda x: [x[:, 0]], "gives list"),
        (lambda x: x[:, 0] / 0.0, "scores of real data are not all finite"),
        (lambda x: tf.sqrt(x[:, 0] - tf.reduce_min(x) - 1e9), "not all finite"),
    ],
)
def test_scores_that_are_none_are_refused(score, sentence):
    with pytest.raises(ValueError, match=sentence):
        checks.check(gan_of(d=score), POINTS)


def test_samples_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="generator's samples are not all finite"):
        checks.check(gan_of(lambda z: z / 0.0), POINTS)


def pairs_of(n, seed):
    return priors.normal(2)(n, seed), tf.range(n) % 3


def one_of(z):
    return 0 * z + [1.0, -2.0]


SCORED = lambda x: tf.reduce_sum(x[0], 1) + tf.cast(x[1], tf.float32)

# Of a G of every z: whether it makes one sample, data like its own, and the GAN.
COLLAPSED = {
    "one": (True, POINTS, gan_of(one_of)),
    "one of zeros": (True, POINTS, gan_of(lambda z: 0 * z)),
    "one but for round-off": (
        True,
        POINTS,
        gan_of(lambda z: 1000 + 1e-7 * z),
    ),
    "one beside a label": (
        True,
        (POINTS, np.arange(20, dtype="int32")),
        gan_of(lambda z: (one_of(z[0]), z[1]), SCORED, prior=pairs_of),
    ),
    "nearly one": (False, POINTS, gan_of(lambda z: one_of(z) + 1e-4 * z)),
    "one mostly": (
        False,
        POINTS,
        gan_of(lambda z: tf.where(z > 2.0, one_of(z), 0.0)),
    ),
    "one for each label": (
        False,
        (POINTS, np.arange(20, dtype="int32")),
        gan_of(
            lambda z: (0 * z[0] + tf.cast(z[1], tf.float32)[:, None], z[1]),
            SCORED,
            prior=pairs_of,
        ),
    ),
    "two of whole numbers": (
        False,
        POINTS.astype("int32"),
        gan_of(
            lambda z: 9_000_000 + tf.cast(z > 0, tf.int32),
            lambda x: tf.reduce_sum(tf.cast(x, tf.float32), 1),
        ),
    ),
}


def test_a_column_of_large_numbers_hides_no_other():
    rows = np.transpose([np.full(9, 1.6e9), np.arange(9.0)]).astype("f4")
    assert not checks._is_one_row(rows) and checks._is_one_row(rows[:, :1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", COLLAPSED)
def test_one_sample_of_every_latent_is_refused_and_no_more(name, seed):
    collapsed, data, gan = COLLAPSED[name]
    if not collapsed:
        checks.check(gan, data, seed=seed)
        return
    with pytest.raises(ValueError, match=r"G makes the same sample of every z \(256"):
        checks.check(gan, data, seed=seed)


def test_one_latent_in_every_row_is_the_priors_fault():
    row = lambda n, seed: tf.repeat(tf.random.stateless_normal([1, 2], seed), n, 0)
    with pytest.raises(ValueError, match="the prior gives the same latent in every"):
        checks.check(gan_of(lambda z: z / 2, prior=row), POINTS)


def test_a_generator_that_cannot_be_cut_is_refused():
    gan = gan_of()._replace(generator=keras.layers.ReLU())
    with pytest.raises(ValueError, match=r"give models.LayeredModel\(\[generator\]\)"):
        checks.check(gan, POINTS)


@pytest.mark.parametrize("data", [POINTS[:0], np.float32(1), "images/", [1.0, 2.0]])
def test_what_is_no_data_is_refused(data):
    with pytest.raises(ValueError, match=r"the data must be arrays \[rows, \*data\]"):
        checks.check(gan_of(), data)


@pytest.mark.parametrize(
    "part, wrong, sentence",
    [
        ("prior", 2, r"prior must be a function \(n, seed\) -> z, .*, not int"),
        ("objective", objectives.nsgan, r"such as objectives.nsgan\(\), not func"),
    ],
)
def test_a_part_of_a_gan_that_is_none_is_refused(part, wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        checks.check(gan_of()._replace(**{part: wrong}), POINTS)


def test_a_net_that_cannot_take_its_input_is_told():
    wide = models.LayeredModel(
        [keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])]
    )
    for net in ("generator", "discriminator"):
        with pytest.raises(ValueError, match=r"for \[batch, 3\], .* float32 \[8, 2\]"):
            checks.check(gan_of()._replace(**{net: wide}), POINTS)


@pytest.mark.parametrize("wrong", [POINTS, None, Scored(POINTS, POINTS)])
def test_scores_are_a_vector_beside_their_samples(wrong):
    with pytest.raises(ValueError, match=r"scores \[n\], as gan.scored\(x\) returns"):
        checks.scores_of(wrong)
    score = tf.zeros([20])
    assert checks.scores_of(Scored(POINTS, score)) is score


class BatchNormAlways(keras.layers.Layer):
    def call(self, x):
        return (x - tf.reduce_mean(x, 0)) / (1e-3 + tf.math.reduce_std(x, 0))


def only(warnings, sentence):
    assert len(warnings) == 1
    assert sentence in warnings[0]


def test_a_score_that_depends_on_batch_mates_is_told():
    d = keras.Sequential(
        [keras.layers.Dense(8), BatchNormAlways(), keras.layers.Dense(1)]
    )
    only(checks.check(gan_of(d=models.scorer(d)), POINTS), "with its batch-mates")


@pytest.mark.parametrize("share, told", [(0.002, False), (0.2, True)])
def test_a_batch_effect_is_told_from_a_hundredth_of_the_spread(share, told):
    def score(x):
        return x[:, 0] + share * tf.reduce_max(x[:, 0])

    assert bool(checks.check(gan_of(d=score), POINTS)) == told


def test_a_batch_norm_that_obeys_is_not_told():
    d = keras.Sequential([keras.layers.BatchNormalization(), keras.layers.Dense(1)])
    d(POINTS, training=True)
    assert checks.check(gan_of(d=models.scorer(d)), POINTS) == []


def test_rounding_is_no_batch_effect():
    d = keras.Sequential([keras.layers.Dense(512, activation="relu") for _ in range(3)])
    wide = keras.Sequential([d, keras.layers.Dense(1)])
    gan = gan_of(d=models.scorer(wide), prior=priors.normal(300))
    assert checks.check(gan, RNG.normal(size=[20, 300]).astype("float32")) == []


def test_a_score_that_looks_like_a_probability_is_told():
    def prob(x):
        return tf.sigmoid(x[:, 0])

    only(checks.check(gan_of(d=prob), POINTS), "probability=True")
    assert checks.check(gan_of(d=prob, objective=objectives.lsgan()), POINTS) == []
    calibrated = gan_of(d=prob)._replace(calibrator=tf.math.log)
    assert checks.check(calibrated, POINTS) == []


@pytest.mark.parametrize(
    "calibrator, words",
    [
        (lambda score: -0.1 * score, "the calibrator is upside down"),
        (lambda score: 0 * score + 0.5, "gives the log ratio 0.5 to all scores"),
        (lambda score: 0.1 * score, None),
        (lambda score: tf.maximum(score, 0.0), None),
    ],
)
def test_a_calibrator_that_cannot_choose_is_told(calibrator, words):
    told = checks.check(gan_of()._replace(calibrator=calibrator), POINTS)
    if words is None:
        assert told == []
    else:
        only(told, words)


def images(low, high):
    return RNG.uniform(low, high, size=[20, 6, 6, 1]).astype("float32")


@pytest.mark.parametrize(
    "data, low, high, told",
    [
        ((-1, 1), -1, 1, False),
        ((-1, 1), -0.1, 0.1, False),  # a new tanh generator
        ((0, 1), 0.4, 0.6, False),  # a new sigmoid one
        ((0, 255), -1, 1, True),
        ((0, 255), 0, 1, True),
        ((0, 1), -1, 1, True),
        ((-1, 1), 0, 1, True),
        ((-1, 1), 0, 255, True),
        ((0, 1), 0, 255, True),
    ],
)
def test_samples_in_another_range_than_the_data_are_told(data, low, high, told):
    gan = gan_of(
        d=lambda x: x[:, 0, 0, 0] - x[:, 1, 1, 0],
        prior=priors.uniform(6, 6, 1, low=low, high=high),
    )
    warnings = checks.check(gan, images(*data))
    if told:
        only(warnings, "scale the data to the generator's range")
    else:
        assert warnings == []


def test_the_same_seed_looks_at_the_same_samples():
    seen = []

    def score(x):
        seen.append(np.array(x))
        return tf.reduce_sum(x, 1)

    for seed in (0, 0, 1):
        seen.append(None)
        checks.check(gan_of(d=score), POINTS, seed=seed)
    starts = [i for i, x in enumerate(seen) if x is None]
    first, again, other = (seen[i + 2] for i in starts)  # after the data
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("row", [0, 4097, 9999])
def test_one_row_of_the_data_that_is_not_finite_is_named(row, bad):
    data = RNG.normal(size=[10_000, 2]).astype("float32")
    data[row, 1] = bad
    with pytest.raises(ValueError, match=f"not all finite numbers: row {row} is"):
        checks.check(gan_of(), data)


def labelled_gan(stages):
    def latents(n, seed):
        noise, label = priors.normal(2)(n, seed), tf.range(n) % 3
        return {"label": label, "noise": noise}

    def score(x):
        return tf.reduce_sum(x["x"], 1)

    return gan_of(d=score, prior=latents)._replace(
        generator=models.LayeredModel(stages)
    )


def to_one_hot(h):
    return h | {"label": tf.one_hot(h["label"], 3)}


def to_embedding(h):
    table = tf.constant([[0.3, 1.7], [2.5, -0.2], [0.1, 0.4]])
    return h | {"label": tf.gather(table, h["label"])}


def to_scalar(h):
    return h | {"label": tf.cast(h["label"], tf.float32)}


@pytest.mark.parametrize("spell", [to_one_hot, to_embedding, to_scalar])
@pytest.mark.parametrize("handed_on", [False, True])
def test_a_label_that_refinement_would_move_is_told(spell, handed_on):
    def generate(h):
        x = h["noise"] + tf.reduce_sum(tf.reshape(h["label"], [len(h["noise"]), -1]))
        return {"x": x} | ({"label": h["label"]} if handed_on else {})

    gan = labelled_gan([spell, generate])
    data = {"x": POINTS} | ({} if not handed_on else {"label": POINTS[:, :0]})
    if handed_on:
        z = gan.prior(20, tf.constant([0, 0]))
        data["label"] = gan.generator(z)["label"].numpy()
    warnings = [w for w in checks.check(gan, data) if "label" in w]
    (warning,) = warnings
    layers = "1, 2" if handed_on else "1"
    assert warning.startswith(f"leaf 'label' at layer {layers} looks like a label")
    assert "hold=['label']" in warning


def test_parts_of_a_latent_that_are_no_labels_are_not_told_of():
    def latents(n, seed):
        return [priors.normal(2)(n, s) for s in (seed, seed + 1)]

    gan = gan_of(lambda z: (z[0] + z[1]) / 2, prior=latents)
    assert checks.check(gan, POINTS) == []


def test_a_leaf_that_is_the_same_in_all_samples_is_not_told_of():
    def latents(n, seed):
        return {"noise": priors.normal(2)(n, seed)}

    def trunk(h):
        return h | {"dead": tf.nn.relu(-1 - h["noise"] ** 2), "one": h["noise"] ** 0}

    def generate(h):
        return {"x": 0.9 * h["noise"] + h["dead"], "dead": h["dead"]}

    def score(x):
        return tf.reduce_sum(x["x"], 1)

    gan = gan_of(d=score, prior=latents)._replace(
        generator=models.LayeredModel([trunk, generate])
    )
    assert checks.check(gan, {"x": POINTS, "dead": 0 * POINTS}) == []


def test_randomness_that_no_seed_fixes_is_told():
    noise = lambda x: x + tf.random.normal(tf.shape(x))
    warnings = checks.check(gan_of(noise), POINTS)
    assert ["another sample of the same latent" in w for w in warnings] == [True]
    warnings = checks.check(
        gan_of(d=lambda x: tf.reduce_sum(noise(x), 1)), POINTS, n=64
    )
    assert "the same sample another score each time" in warnings[0]
    stateful = lambda n, seed: tf.random.normal([n, 2])
    warnings = checks.check(gan_of(prior=stateful), POINTS)
    assert ["other latents for the same seed" in w for w in warnings] == [True]


def test_a_label_that_the_gan_holds_is_not_told_of():
    gan = labelled_gan([to_one_hot, lambda h: {"x": 0.9 * h["noise"]}])
    only(checks.check(gan, {"x": POINTS}), "leaf 'label' at layer 1 looks like a label")
    assert checks.check(gan._replace(hold=("label",)), {"x": POINTS}) == []


def test_a_prior_that_ignores_its_seed_is_told():
    fixed = lambda n, seed: tf.random.stateless_normal([n, 2], [0, 1])
    only(checks.check(gan_of(prior=fixed), POINTS), "the prior ignores its seed")
    assert checks.check(gan_of(prior=priors.normal(2)), POINTS) == []


@pytest.mark.parametrize("far, told", [(3.5, True), (2.5, False), (0.0, False)])
def test_a_discriminator_that_is_sure_of_everything_is_told(far, told):
    def score(x):  # of data beside the samples
        return far * tf.sign(x[:, 0] - 20.0) + 0.1 * tf.sin(x[:, 1])

    aside = POINTS + np.array([40, 0], "float32")
    gan = gan_of(d=score)
    found = [one for one in checks.check(gan, aside) if "sure of everything" in one]
    assert bool(found) == told
    critic = gan._replace(objective=objectives.wgan_gp())  # whose score is no ratio
    assert not any("sure of" in one for one in checks.check(critic, aside))
