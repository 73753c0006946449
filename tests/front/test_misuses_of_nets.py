"""Mistakes with one's own nets: each is one sentence, or a warning that is listed."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import keras_nets

import tf_collab as tc

Dense, Input, Sequential = keras.layers.Dense, keras.Input, keras.Sequential
RNG = np.random.default_rng(0)
X = RNG.normal(size=[64, 2]).astype("float32")


def gan(g=None, d=None, **options):
    options = {"objective": "nsgan"} | options
    return tc.from_keras(g or small_g(), d or small_d(), **options)


def small_g(units=2, activation=None):
    return Sequential([Input((3,)), Dense(4, "tanh"), Dense(units, activation)])


def small_d(units=1, activation=None, dim=2):
    return Sequential([Input((dim,)), Dense(units, activation)])


def two_outputs(**named):
    x = Input((2,))
    outs = Dense(1, name="real")(x), Dense(3, name="kind")(x)
    return keras.Model(x, dict(zip(("real", "kind"), outs)) if named else list(outs))


def two_samples():
    z = Input((3,))
    return keras.Model(z, [Dense(2)(z), Dense(1)(z)])


def broken(net):
    net.layers[-1].kernel.assign(np.full(net.layers[-1].kernel.shape, np.nan))
    return net


def subclassed(call):
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = Dense(2)

        def call(self, x):
            return call(self.dense(x))

    return Own()


def called(net, width):
    net(np.zeros([2, width], "float32"))
    return net


def images(*shape):
    last = int(np.prod(shape))
    return Sequential([Input((3,)), Dense(last), keras.layers.Reshape(shape)])


def of_images(*shape):
    return Sequential([Input(shape), keras.layers.Flatten(), Dense(1)])


def pairs(**options):
    return tc.priors.labelled(tc.priors.normal(3), 4, **options)


def conditional(**options):
    options = {"prior": pairs()} | options
    return gan(keras_nets.conditional_g(), keras_nets.conditional_d(), **options)


def twice_as_wide(n, seed):
    return tf.random.stateless_normal([2 * n, 3], seed)


def sure_d(score):
    net = small_d()
    net.layers[-1].bias.assign([score])
    return net


def frozen():
    net = small_d()
    net.trainable = False
    return net


def noisy_g():
    class Noise(keras.layers.Layer):
        def call(self, h):
            return h + tf.random.normal(tf.shape(h))

    return Sequential([Input((3,)), Dense(4), Noise(), Dense(2)])


# What is done -> words of the one sentence that answers it.
REFUSED = {
    "G and D swapped": (
        lambda: gan(small_d(), small_g()),
        r"which the generator takes, .*swapped\?",
    ),
    "swapped, with a prior": (
        lambda: gan(small_d(), small_g(), prior=tc.priors.normal(3)),
        r"are the two swapped\b",
    ),
    "the two joined as Keras trains them": (
        lambda: gan(Sequential([small_g(), small_d()])),
        r"built for samples of \[2\], and the generator gives \[1\]",
    ),
    "no objective": (
        lambda: tc.from_keras(small_g(), small_d()),
        "objective=... is needed, what D was trained with: one of .*hinge",
    ),
    "an objective with a typo": (
        lambda: gan(objective="nsgam"),
        "no objective 'nsgam'.*did you mean 'nsgan'",
    ),
    "a loss of Keras for the objective": (
        lambda: gan(objective=keras.losses.BinaryCrossentropy()),
        "not BinaryCrossentropy",
    ),
    "an objective that was not called": (
        lambda: gan(objective=tc.objectives.nsgan),
        r"objectives.nsgan\(\) gives, not nsgan",
    ),
    "an int for the prior": (lambda: gan(prior=3), r"tc.priors.normal\(3\) gives.*int"),
    "an array for the prior": (lambda: gan(prior=X), "not ndarray"),
    "a prior that was not called": (
        lambda: gan(prior=tc.priors.normal),
        r"call it first, as normal\(16\)",
    ),
    "a prior of NumPy": (
        lambda: gan(prior=lambda n, seed: RNG.normal(size=[n, 3])),
        "gives ndarray in place of tensors.*give NumPy's draws as lambda n, seed",
    ),
    "a prior without a seed": (
        lambda: gan(prior=lambda n: tf.zeros([n, 3])),
        r"prior\(8, seed\), and failed",
    ),
    "a prior of another batch": (lambda: gan(prior=twice_as_wide), r"shape \[16, 3\]"),
    "a prior of one latent": (
        lambda: gan(prior=lambda n, seed: tf.zeros([3])),
        r"shape \[3\]",
    ),
    "a prior of another width": (
        lambda: gan(prior=tc.priors.normal(5)),
        r"built for \[batch, 3\].*\[8, 5\]",
    ),
    "labels for z": (
        lambda: gan(prior=lambda n, seed: tf.zeros([n], tf.int32)),
        r"'generator' .*cannot take int32 \[8\]",
    ),
    "a prior with labels for a plain G": (
        lambda: gan(prior=pairs()),
        "takes no label beside z",
    ),
    "a prior without labels for a conditional G": (
        lambda: conditional(prior=tc.priors.normal(3)),
        "'generator' .*cannot take",
    ),
    "no prior for a conditional G": (
        lambda: conditional(prior=None),
        "prior is missing.*priors.labelled",
    ),
    "one-hot labels for an embedding": (
        lambda: conditional(prior=pairs(one_hot=True)),
        "'digit' .*do not fit",
    ),
    "no prior for latents that are images": (
        lambda: gan(Sequential([Input((2, 2)), keras.layers.Flatten(), Dense(2)])),
        "prior is missing",
    ),
    "no prior for a subclassed G": (
        lambda: gan(called(subclassed(tf.identity), 3)),
        "prior is missing",
    ),
    "more classes than the nets know": (
        lambda: conditional(prior=tc.priors.labelled(tc.priors.normal(3), 400)),
        "'generator' .*cannot take",
    ),
    "a module of PyTorch": (
        lambda: gan(type("Net", (), {"__module__": "torch.nn"})()),
        "tc.from_torch",
    ),
    "the class of G": (lambda: gan(keras_nets.OwnChain), "is the class OwnChain"),
    "a function for G": (
        lambda: gan(lambda z: z),
        "generator is a Keras model, not func",
    ),
    "a path for D": (
        lambda: gan(d="d.keras"),
        "discriminator is a Keras model, not str",
    ),
    "a Sequential without weights": (
        lambda: gan(Sequential([Dense(2)]), prior=tc.priors.normal(3)),
        "'sequential.*' has no weights yet",
    ),
    "a subclassed model without weights": (
        lambda: gan(d=subclassed(tf.identity)),
        "the discriminator .*has no weights yet",
    ),
    "NaN among G's weights": (
        lambda: gan(broken(small_g())),
        "generator's samples are not all finite numbers, 16 of 16",
    ),
    "NaN among D's weights": (
        lambda: gan(d=broken(small_d())),
        "scores of samples are not all finite numbers, 8 of 8",
    ),
    "two outputs of D without pick": (
        lambda: gan(d=two_outputs()),
        "'kind'.* give pick=",
    ),
    "a pick that D does not have": (
        lambda: gan(d=two_outputs(), pick="reel"),
        "give pick= .*not 'reel'",
    ),
    "a dict of outputs with a number": (
        lambda: gan(d=two_outputs(named=True), pick=0),
        "'real' .*not 0",
    ),
    "a picked output that has no score": (
        lambda: gan(d=two_outputs(), pick="kind"),
        r"this one \[8, 3\]|this one \[batch, 3\]",
    ),
    "an array as a list for pick": (
        lambda: gan(pick=[[0.0] * 999] * 999),
        "is for a discriminator of several outputs",
    ),
    "pick for one output": (lambda: gan(pick=0), "pick=0 is for .*leave it out"),
    "a softmax without its column": (
        lambda: gan(d=small_d(2, "softmax")),
        "two columns: give pick=0 or pick=1",
    ),
    "a softmax of more columns": (lambda: gan(d=small_d(3, "softmax")), "and this one"),
    "probability of a D of logits": (
        lambda: gan(d=small_d(1, "relu"), probability=True),
        "ends in a sigmoid, and this one does not",
    ),
    "no probability of a sigmoid": (
        lambda: gan(d=small_d(1, "sigmoid"), probability=False),
        "ends in a sigmoid.*leave it out",
    ),
    "a critic that ends in a sigmoid": (
        lambda: gan(d=small_d(1, "sigmoid"), objective="lsgan"),
        "probability=True to take the logit",
    ),
    "D of two inputs, G of one": (
        lambda: gan(d=keras_nets.conditional_d()),
        "takes 2 inputs, 'image' and 'digit'.*priors.labelled",
    ),
    "G of two outputs": (lambda: gan(two_samples()), "2 arrays, .* takes 1: give"),
    "D of another size": (
        lambda: gan(d=small_d(dim=5)),
        r"built for samples of \[5\], and the generator gives \[2\]",
    ),
    "channels first": (
        lambda: gan(images(4, 4, 1), of_images(1, 4, 4)),
        r"samples of \[1, 4, 4\], .* \[4, 4, 1\]: are channels first",
    ),
    "at one name": (lambda: gan(at="dense"), r"as at=\['dense'\], not str"),
    "at one number": (lambda: gan(at=2), r"as at=\[2\], not int"),
    "at a name with a typo": (
        lambda: gan(keras_nets.chain(), at=["proj"]),
        "has 'project', 'leak', .*did you mean 'project'",
    ),
    "at a number too many": (lambda: gan(at=[7]), "must be below 2.* not 7"),
    "at the output": (lambda: gan(at=[-1]), "is the model's output"),
    "hold as a string": (
        lambda: gan(hold="label"),
        r"as hold=\['label'\], not a string",
    ),
    "hold of what is not there": (lambda: gan(hold=[3]), "hold names 3.*one array"),
    "batch statistics without batch-norm": (
        lambda: gan(batch_statistics=True),
        "this one has none: leave it out",
    ),
    "a summary of a model": (lambda: tc.summary(small_g()), "not Sequential"),
    "empty data": (lambda: tc.summary(gan(), X[:0]), "one row or more, not"),
    "a sample that is not in a batch": (
        lambda: tc.summary(gan(), X[0]),
        r"the data are float32 \[batch\]",
    ),
    "a list of numbers": (lambda: tc.summary(gan(), [1.0, 2.0]), "arrays .*not float"),
    "bytes for data": (
        lambda: tc.summary(gan(), X.astype("uint8")),
        "uint8 .* same shape and type",
    ),
    "data in double precision": (
        lambda: tc.summary(gan(), X.astype("float64")),
        "float64 .*same shape and type",
    ),
    "data with NaN": (
        lambda: tc.summary(gan(), np.where(X > 1, np.nan, X)),
        "not all finite numbers: row",
    ),
    "data with channels first": (
        lambda: tc.summary(gan(images(4, 4, 1), of_images(4, 4, 1)), X_images()),
        r"float32 \[batch, 1, 4, 4\]: they need the same shape",
    ),
    "data without labels": (
        lambda: tc.summary(conditional(), X),
        "need the same structure",
    ),
    "scores for data": (lambda: tc.summary(gan(), gan().scored(X)), "same structure"),
    "a layer's name with a typo": (
        lambda: tc.sampling.refine(
            gan(keras_nets.chain()), tc.policies.sgd(1.0), layer="lek", steps=1
        ),
        "'leak', .*did you mean 'leak'",
    ),
}

# What works and is likely meant otherwise -> words of the warning that tells it.
WARNED = {
    "data in bytes' range": (lambda: (gan(small_g(2, "tanh")), 255 * (X + 4)), "range"),
    "data in [0, 1] for tanh": (
        lambda: (gan(small_g(2, "tanh"), sure_d(-2.0)), 0.2 * np.abs(X)),
        "to the generator's range",
    ),
    "one row of data": (lambda: (gan(), X[:1]), "1 row, too few"),
    "a critic as a classifier": (
        lambda: (gan(d=sure_d(15.0)), X),
        "surely real.*trained as a critic",
    ),
    "a frozen D": (lambda: (gan(d=frozen()), X), "models.thaw"),
    "noise inside G": (
        lambda: (gan(noisy_g()), X),
        "another sample of the same latent",
    ),
    "a prior that ignores its seed": (
        lambda: (
            gan(prior=lambda n, seed: tf.random.stateless_normal([n, 3], [1, 2])),
            X,
        ),
        "ignores its seed",
    ),
    "a prior without a fixed seed": (
        lambda: (gan(prior=lambda n, seed: tf.random.normal([n, 3])), X),
        "other latents for the same seed",
    ),
}


def X_images():
    return RNG.normal(size=[16, 1, 4, 4]).astype("float32")


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_answered_with_one_sentence(name):
    misuse, words = REFUSED[name]
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        misuse()
    told = str(caught.value)
    assert "\n" not in told and len(told) < 400


@pytest.mark.parametrize("name", WARNED)
def test_what_is_likely_meant_otherwise_is_warned_of(name):
    misuse, words = WARNED[name]
    made, x = misuse()
    told = [s for s in tc.summary(made, x).splitlines() if s.startswith("warning: ")]
    assert [bool(re.search(words, sentence)) for sentence in told] == [True]


def test_a_gan_that_is_well_has_no_warnings():
    keras.utils.set_random_seed(1)
    made = gan(d=sure_d(-1.0))
    x = made.generator(made.prior(64, tc.seeds.as_seed(5)))
    assert tc.summary(made, x).endswith("no warnings\n")
