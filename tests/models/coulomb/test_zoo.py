"""Tests for tf_collab.models.coulomb.zoo: laws of all the networks of Coulomb GANs."""

import functools

import keras
import numpy as np
import pytest
from conformance import nets, tables

from tf_collab import models
from tf_collab.cpu import compilation

LATENT = 5
WIDTH = 1 / 32
SHAPES = {"mlp": (3,), "fourier": (3,), "billion_word": (6, 9)}
NOT_POINTS = [(2, 2), ()]
BAD = {"mlp": NOT_POINTS, "fourier": NOT_POINTS}
BAD["billion_word"] = [(32,), (32, 1), (32, 32, 3)]
NO_NORM = {"mlp", "fourier", "began", "billion_word"}  # in D


def shape_of(name):
    return SHAPES.get(name, (16, 16, 2))


@functools.cache
def make_g(name, **options):
    make = models.GENERATORS[name]
    options = {"width": WIDTH, "seed": 0} | options
    return make(shape_of(name), latent=LATENT, **options)


@functools.cache
def make_d(name, **options):
    make = models.DISCRIMINATORS[name]
    return make(shape_of(name), **{"width": WIDTH, "seed": 0} | options)


NETS = [(make_g, name) for name in models.GENERATORS if name != "good"]
NETS += [(make_d, name) for name in models.DISCRIMINATORS]
every_net = pytest.mark.parametrize(
    "make, name", NETS, ids=[f"{make.__name__[-1]}-{name}" for make, name in NETS]
)
every_g = pytest.mark.parametrize("name", [n for m, n in NETS if m is make_g])
every_d = pytest.mark.parametrize("name", [n for m, n in NETS if m is make_d])


def layers_of(net, kind):
    return [part for part in net._flatten_layers() if isinstance(part, kind)]


def norms_of(net):
    return layers_of(net, keras.layers.BatchNormalization)


def convolutions_of(net):
    return layers_of(net, compilation.CONVOLUTIONS)


def test_the_names_are_the_authors_and_one_more():
    g, d = " ".join(models.GENERATORS), " ".join(models.DISCRIMINATORS)
    assert g == "mlp my my-tanh dcgan began resnet good billion_word"
    assert d == "mlp fourier my my-big my-big2 dcgan began resnet8 billion_word"
    assert models.GENERATORS["good"] is models.GENERATORS["resnet"]


@every_g
def test_g_makes_samples_of_the_shape_and_d_scores_them(name):
    x = make_g(name)(tables.inputs([LATENT], n=2))
    assert x.shape == (2, *shape_of(name))
    twin = {"my-tanh": "my", "resnet": "resnet8"}.get(name, name)
    assert make_d(twin)(x).shape == [2]


@every_g
def test_the_last_layer_is_an_activation_by_itself(name):
    g, z = make_g(name), tables.inputs([LATENT], n=2)
    before, x = g.encode(z, to=g.depth - 1).numpy(), g(z).numpy()
    if name == "mlp":  # there is none
        return
    assert before.shape == x.shape and before.dtype == np.float32
    # The same of numbers that reach far into where it is flat.
    far = 30 * before / np.abs(before).max()
    for h, made in ((before, x), (far, g.decode(far, from_=g.depth - 1).numpy())):
        odds = np.exp(h - h.max(axis=-1, keepdims=True))
        expected = {
            "my-tanh": np.tanh(h),
            "billion_word": odds / odds.sum(axis=-1, keepdims=True),
        }.get(name, 1.7159 * np.tanh(2 / 3 * h))
        np.testing.assert_allclose(made, expected, atol=1e-5)
        assert np.abs(made).max() <= (1.7159 if "tanh" not in name else 1) + 1e-6


@every_net
def test_width_scales_every_hidden_channel(make, name):
    *narrow, _ = outputs(make(name, width=WIDTH))
    *wide, last = outputs(make(name, width=2 * WIDTH))
    assert wide == [2 * n for n in narrow]
    assert last == (shape_of(name)[-1] if make is make_g else 1)


@every_net
def test_one_channel_is_the_least(make, name):
    net = make(name, width=1e-9)
    x = tables.inputs([LATENT] if make is make_g else shape_of(name), n=2)
    assert np.isfinite(net(x)).all()
    assert make is make_d or net.encode(x, to=1).shape[-1] == 1


def outputs(net):
    """Units or channels of every layer with a kernel, from first to last."""
    parts = [p for stage in net.stages for p in stage._flatten_layers()]
    parts = [part for part in parts if hasattr(part, "kernel")]
    return [part.filters if hasattr(part, "filters") else part.units for part in parts]


@every_net
def test_l2_is_half_the_squares_of_convolution_kernels(make, name):
    net = make(name, l2=0.02)
    kernels = [part.kernel.numpy().astype(float) for part in convolutions_of(net)]
    expected = 0.02 / 2 * sum(np.square(k).sum() for k in kernels)
    # Each is a float32 sum of squares, all positive.
    assert sum(map(float, net.losses)) == pytest.approx(expected, rel=1e-5)
    assert len(net.losses) == len(kernels)
    twin = models.copy(net)
    assert sum(map(float, twin.losses)) == pytest.approx(expected, rel=1e-5)
    assert make(name).losses == []


@every_net
def test_l2_changes_no_weight(make, name):
    plain, costly = make(name), make(name, l2=1.0)
    for a, b in zip(plain.weights, costly.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("make, name", [n for n in NETS if convolutions_of(n[0](n[1]))])
def test_a_negative_l2_is_refused(make, name):
    with pytest.raises(ValueError, match="0 or more, not -1"):
        make(name, l2=-1)


@every_net
def test_another_shape_is_refused_in_a_sentence(make, name):
    for shape in BAD.get(name, [(28, 28, 1), (16, 32, 3), (16, 16)]):
        with pytest.raises(ValueError, match="this net is for samples of shape"):
            if make is make_g:
                models.GENERATORS[name](shape, latent=LATENT, seed=0)
            else:
                models.DISCRIMINATORS[name](shape, seed=0)


@every_d
@pytest.mark.parametrize("batch_norm", [False, True])
def test_only_batch_norm_in_training_looks_across_the_batch(name, batch_norm):
    d = make_d(name, batch_norm=batch_norm)
    has = batch_norm and name not in NO_NORM
    assert bool(norms_of(d)) == has
    x = tables.inputs(shape_of(name))
    assert nets.looks_across_the_batch_in_training(d, x) == has


def test_began_has_no_batch_norm():
    assert not norms_of(make_g("began"))


@every_net
def test_batch_norm_is_the_authors(make, name):
    unscaled = name in ("resnet", "resnet8", "billion_word")
    norms = norms_of(make(name))
    if (make, name) == (make_g, "billion_word"):
        first, *norms = norms
        assert (first.momentum, first.epsilon, first.scale) == (0.99, 1e-3, False)
    for norm in norms:
        assert norm.momentum == (0.9 if unscaled else 0.99)
        assert norm.epsilon == (1e-5 if unscaled or name == "mlp" else 1e-3)
        assert norm.center and norm.scale != unscaled


@pytest.mark.parametrize("name", ["my", "dcgan"])
def test_kernels_begin_with_the_variance_that_their_fans_ask_for(name):
    # Variance f / (mean fan): f = 2 in G but for its last convolution, else 1.
    for net in (make_g(name, width=1 / 4), make_d(name, width=1 / 4)):
        *inner, _ = convolutions = convolutions_of(net)
        for part in convolutions:
            kernel = part.kernel.numpy()
            fans = kernel.shape[0] ** 2 * sum(kernel.shape[2:]) / 2
            doubled = part in inner and isinstance(part, keras.layers.Conv2DTranspose)
            sigma = np.sqrt((2 if doubled else 1) / fans)
            bound = 4 / np.sqrt(2 * kernel.size)  # four sigma, for no heavy tail
            assert np.std(kernel) == pytest.approx(sigma, rel=bound)
            if not doubled:  # uniform
                assert np.abs(kernel).max() <= np.sqrt(3) * sigma + 1e-7


def test_a_fourier_d_takes_a_frequency():
    d = make_d("fourier", width=1.0, frequency=2.0)
    frequencies, _ = d.non_trainable_variables
    # Five standard errors of a standard deviation, of 3 * 256 numbers.
    rel = 5 / np.sqrt(2 * 3 * 256)
    assert np.std(frequencies) == pytest.approx(2.0, rel=rel)


def test_mlp_d_has_three_hidden_layers_with_elu():
    net, x = make_d("mlp"), tables.inputs(SHAPES["mlp"])
    *hidden, last = layers_of(net, keras.layers.Dense)
    assert [layer.units for layer in hidden] == [4, 4, 4]  # 128 / 32
    h = x.numpy()
    for layer in hidden:
        h = h @ layer.kernel.numpy() + layer.bias.numpy()
        h = np.where(h > 0, h, np.expm1(h))
    end = h @ last.kernel.numpy() + last.bias.numpy()
    np.testing.assert_allclose(net(x), end.reshape(net(x).shape), atol=1e-5)


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="'relu' or 'elu', not 'selu'"):
        models.MLPDiscriminator(activation="selu")
