"""Tests for tf_collab.front.fitting and tf_collab.front.correcting."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets
from scipy import special

import tf_collab as tc

RNG = np.random.default_rng(0)
G = tc.models.LayeredModel([tf.identity])  # samples are N(0, I)
PRIOR = tc.priors.normal(2)
DATA, HELD_OUT, TEST = (RNG.normal(1, 1, [n, 2]) for n in (2000, 1000, 500))
RATIO = TEST.sum(axis=1) - 1  # log N(x; 1, I) / N(x; 0, I)


def line():
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])


def scores(gan, x=TEST):
    return gan.scored(x.astype("float32")).score.numpy()


def test_a_fitted_logit_is_the_log_ratio_of_two_gaussians():
    gan = tc.fit_discriminator(
        G, DATA, held_out=HELD_OUT, prior=PRIOR, discriminator=line(), rate=0.01,
        steps=800,
    )  # fmt: skip
    # Four standard errors of a maximum-likelihood fit to 2000 reals and endless fakes,
    # of which it is less sure than to 2000 of each; Adam's own noise is about as much.
    features = np.column_stack([TEST, np.ones(len(TEST))])
    prob = special.expit(RATIO)
    information = 4000 * (features.T * (prob * (1 - prob))) @ features / len(TEST)
    error = np.sqrt(np.sum(features @ np.linalg.inv(information) * features, axis=1))
    assert (np.abs(scores(gan) - RATIO) <= 2 * 4 * error).all()
    assert gan.log_ratio(tf.constant(1.5)) == 1.5
    assert gan.generator is G
    assert "fitted by the logistic loss: least on held-out data" in gan.assumed[-1]


@pytest.mark.parametrize("loss", ["logistic", "softplus"])
def test_a_small_net_of_its_own_orders_samples_as_the_ratio_does(loss):
    known = tc.GAN(G, None, PRIOR, tc.objectives.wgan_gp())
    gan = tc.fit_discriminator(known, DATA, held_out=HELD_OUT, loss=loss, steps=500)
    assert np.corrcoef(scores(gan), RATIO)[0, 1] > 0.95


def test_it_stops_at_the_least_held_out_loss_and_goes_back_to_it():
    told = []
    few = {"held_out": HELD_OUT, "prior": PRIOR, "every": 10, "rate": 0.01}

    def held_loss(gan):
        fake = G(PRIOR(1000, tf.constant([0, 7])))
        real, fake = (scores(gan, np.asarray(x)) for x in (HELD_OUT, fake))
        return np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean()

    how = {"patience": 3, "progress": lambda *numbers: told.append(numbers)}
    stopped = tc.fit_discriminator(G, DATA[:20], steps=2000, **few, **how)
    best = int(stopped.assumed[-1].split("after ")[1].split()[0])
    assert [done for done, _ in told] == [*range(10, best + 31, 10)]
    assert {total for _, total in told[:-1]} == {2000}
    assert told[-1][0] == told[-1][1]  # a bar ends at its total
    # 20 rows are learned by heart: on and on it gets worse. The last look is the best
    # where each is further than the one before.
    worse = tc.fit_discriminator(G, DATA[:20], steps=400, patience=400, **few)
    assert held_loss(worse) < held_loss(stopped) + 0.1
    assert "after 400 steps" not in worse.assumed[-1]


def test_features_are_looked_through_and_do_not_learn():
    features = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(3), keras.layers.BatchNormalization()]
    )
    before = [v.numpy() for v in features.variables]
    gan = tc.fit_discriminator(
        G, DATA, held_out=HELD_OUT, prior=PRIOR, features=features, steps=200
    )
    for now, then in zip(features.variables, before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert np.corrcoef(scores(gan), RATIO)[0, 1] > 0.9


def test_images_get_a_small_convnet():
    def picture(z):
        return tf.reshape(tf.tanh(z), [-1, 8, 8, 1])

    g = tc.models.LayeredModel([picture])
    x = np.tanh(RNG.normal(1, 1, [200, 8, 8, 1]))
    gan = tc.fit_discriminator(
        g, x, held_out=x[:64], prior=tc.priors.normal(64), steps=30, every=10
    )
    real, fake = scores(gan, x), gan.scored(g(gan.prior(200, (0, 1)))).score
    assert real.mean() > np.mean(fake) + 1


def test_a_model_that_is_right_already_leaves_nothing_to_tell():
    x = RNG.normal(size=[600, 2])
    with pytest.warns(tc.Doubt, match="the fitted discriminator tells nothing"):
        tc.fit_discriminator(
            G, x[:300], held_out=x[300:], prior=PRIOR, discriminator=line(),
            steps=2, rate=1e-6,
        )  # fmt: skip


def test_a_corrector_makes_another_models_d_right():
    reference = RNG.normal(-1, 1, [2500, 2])

    def d_ref(x, training=False):  # log N(x; 1, I) / N(x; -1, I)
        return 2 * tf.reduce_sum(x, axis=1)

    samples = RNG.normal(0, 1, [2500, 2])
    d = tc.fit_corrector(
        reference, samples, d_ref, discriminator=line(), rate=0.01, steps=800
    )
    found = d(TEST.astype("float32")).numpy()
    assert np.abs(found - RATIO).mean() < 0.3 < np.abs(d_ref(TEST) - RATIO).mean()
    gan = tc.GAN(G, d, PRIOR, tc.objectives.nsgan())
    assert tc.checks.check(gan, DATA.astype("float32")) == []


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_each_step_has_samples_of_its_own():
    seeds = []

    def prior(n, seed):
        seeds.append(tuple(seed.numpy()))
        return PRIOR(n, seed)

    tc.fit_discriminator(
        G, DATA, held_out=HELD_OUT[:300], prior=prior, discriminator=line(), steps=3
    )
    # One to see what z is like, one for all that are held out, one a step.
    assert len(seeds) == len({*seeds}) == 1 + 1 + 3


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_the_ratio_of_the_new_d_is_not_read_through_the_old_ones_calibrator():
    old = tc.GAN(G, None, PRIOR, tc.objectives.wgan_gp(), calibrator=lambda s: -3 * s)
    gan = tc.fit_discriminator(
        old, DATA, held_out=HELD_OUT, discriminator=line(), steps=1
    )
    assert gan.log_ratio(tf.constant(1.5)) == 1.5


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
def test_rows_that_stop_a_corrector_do_not_teach_it():
    """One step by other held-out rows gives the same net."""
    d_ref = lambda x, training=False: tf.reduce_sum(x, axis=1)
    found = []
    for by in (0, 9):
        keras.utils.set_random_seed(0)
        sets = [x[:200].copy() for x in (DATA, DATA - 1)]
        for x in sets:
            x[::5] += by
        d = tc.fit_corrector(*sets, d_ref, discriminator=line(), steps=1)
        found.append(d(TEST.astype("f4")))
    assert np.array_equal(*found)


@pytest.mark.parametrize(
    "changed, told",
    [
        ({"prior": None}, "needs its prior"),
        ({"held_out": HELD_OUT[:, :1]}, "data and held_out are alike"),
        ({"held_out": None}, "held_out is one array"),
        ({"held_out": tf.data.Dataset.range(3)}, "whose rows come in order"),
        ({"loss": "hinge"}, "'logistic' or 'softplus', not 'hinge'"),
        ({"prior": tc.priors.normal(3)}, r"generator gives \[3\] and the data are"),
        ({"patience": 0}, "are 1 or more"),
        ({"at": [1]}, "in stages already"),
    ],
)
def test_what_cannot_be_fitted_is_one_sentence(changed, told):
    with pytest.raises(ValueError, match=told):
        tc.fit_discriminator(
            G, DATA, **{"held_out": HELD_OUT, "prior": PRIOR, **changed}
        )


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")
@pytest.mark.parametrize("at", [None, ["project"], [0, "bend"]])
@pytest.mark.parametrize("labelled", [False, True])
def test_a_keras_generator_is_cut_as_from_keras_cuts_it(at, labelled):
    prior, z = tc.priors.normal(3), np.ones([2, 3], "f4")
    g, data, d = keras_nets.chain(), DATA[:64], keras_nets.classifier()
    if labelled:
        at = at and ["early"]
        label = np.zeros([64], "i4")
        g, data, d = (
            keras_nets.conditional_g(),
            (data, label),
            keras_nets.conditional_d(),
        )
        prior, z = tc.priors.labelled(prior, 4), (z, np.ones([2], "i4"))
    known = tc.from_keras(g, d, prior=prior, objective="nsgan", at=at)
    few = {"held_out": data, "prior": prior, "steps": 1, "batch": 2}
    gan = tc.fit_discriminator(g, data, at=at, **few)
    assert gan.generator.layer_names == known.generator.layer_names
    assert gan.hold == known.hold
    for layer in range(gan.generator.depth + 1):
        a, b = (tf.nest.flatten(x.generator.encode(z, to=layer)) for x in (gan, known))
        for one, other in zip(a, b, strict=True):
            np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="cut already"):
        tc.fit_discriminator(gan, data, at=[1], **few)


def labelled_g(pair):
    """Samples of label k are N(2 k, I)."""
    z, label = pair
    return z + 2 * tf.cast(label, z.dtype)[:, None], label


@pytest.mark.parametrize("own", [False, True])
def test_samples_with_labels_are_fitted_as_pairs(own):
    # Reals are N(2 (1 - k), I): each picture is right, beside the wrong label.
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 900)
    x = rng.normal(size=[900, 2]) + 2 * (1 - label)[:, None]
    d = None
    if own:
        pair = keras.Input((2,)), keras.Input((1,), name="label")
        h = keras.layers.Concatenate()(pair)
        h = keras.layers.Dense(16, "relu")(h)
        d = keras.Model(pair, keras.layers.Dense(1)(h))
    prior = tc.priors.labelled(tc.priors.normal(2), 2)
    g = tc.models.LayeredModel([labelled_g])
    gan = tc.fit_discriminator(
        g,
        (x[:600], label[:600]),
        held_out=(x[600:], label[600:]),
        prior=prior,
        discriminator=d,
        rate=0.02,
        steps=120,
    )
    assert gan.hold == (1,)
    at = TEST[:200].astype("f4")
    for k in (0, 1):
        # log N(x; 2 - 2 k, I) / N(x; 2 k, I) = (2 - 4 k) (x_1 + x_2) - ...
        found = gan.scored((at, np.full(200, k, "i4"))).score
        sign = 1 if k == 0 else -1
        assert np.corrcoef(found, sign * at.sum(axis=1))[0, 1] > 0.8


def test_a_net_beside_its_labels_says_what_does_not_fit():
    prior = tc.priors.labelled(tc.priors.normal(2), 2)
    g = tc.models.LayeredModel([labelled_g])
    pair = DATA[:50], np.zeros(50, int)
    few = {"held_out": pair, "prior": prior}
    with pytest.raises(ValueError, match="50 rows and 20 labels"):
        tc.fit_discriminator(g, (DATA[:50], np.zeros(20, int)), **few)
    with pytest.raises(ValueError, match="data and held_out are alike"):
        tc.fit_discriminator(g, DATA[:50], **few)
    with pytest.raises(ValueError, match="the same shape"):
        tc.fit_discriminator(G, pair, held_out=pair, prior=PRIOR)


class Stages:
    """A generator with layers of its own, as `base` asks for them."""

    depth = 2

    def __call__(self, z, training=False):
        return z

    encode = decode = lambda self, h, layer, training=False: h


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")  # after one step
def test_a_generator_with_layers_of_its_own_stays_as_it_is():
    own = Stages()
    how = {"held_out": HELD_OUT, "prior": PRIOR, "steps": 1}
    assert tc.fit_discriminator(own, DATA, **how).generator is own
    with pytest.raises(ValueError, match="in stages already"):
        tc.fit_discriminator(own, DATA, at=[0], **how)


@pytest.mark.filterwarnings("ignore::tf_collab.base.Doubt")  # after one step
def test_a_function_may_do_what_no_graph_can():
    def g(z, training=False):
        return tf.constant(2 * z.numpy())

    gan = tc.fit_discriminator(g, DATA, held_out=HELD_OUT, prior=PRIOR, steps=1)
    assert gan.generator.depth == 1
