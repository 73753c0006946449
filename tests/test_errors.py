"""Tests for tf_collab.errors: what a net cannot take is one clear sentence."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_collab import (
    GAN,
    Scored,
    files,
    models,
    objectives,
    policies,
    priors,
    sampling,
    training,
)

Dense, Conv2D, Flatten = (
    getattr(keras.layers, name) for name in ("Dense", "Conv2D", "Flatten")
)
IMAGES = np.zeros([6, 8, 8, 3], "float32")
Z = tf.zeros([6, 4])


def refused(call, *args, **options):
    """The sentence, which is one line without Keras' frame."""
    with pytest.raises(ValueError) as told:
        call(*args, **options)
    assert len(str(told.value).splitlines()) == 1
    assert "Exception encountered" not in str(told.value)
    return str(told.value)


def layers_of_d():
    return [Conv2D(2, 3), Flatten(), Dense(1)]


def sequential_d():
    return keras.Sequential([keras.Input((8, 8, 3)), *layers_of_d()])


def functional_d():
    h = x = keras.Input((8, 8, 3))
    for layer in layers_of_d():
        h = layer(h)
    return keras.Model(x, h)


class OwnD(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv, self.flat, self.dense = layers_of_d()

    def call(self, x):
        return self.dense(self.flat(self.conv(x)))


def own_d():
    d = OwnD()
    d(IMAGES)
    return d


def split_g():
    return models.split(
        keras.Sequential(
            [
                keras.Input((4,)),
                Dense(5, name="project"),
                Dense(8 * 8 * 3),
                keras.layers.Reshape((8, 8, 3)),
            ],
            name="painter",
        ),
        ["project"],
    )


def gan_of(d=None, *, width=4):
    d = models.scorer(d or functional_d())
    return GAN(split_g(), d, priors.normal(width), objectives.nsgan())


@pytest.mark.parametrize("make_d", [sequential_d, functional_d, own_d])
@pytest.mark.parametrize(
    "x", [IMAGES[:, :4], IMAGES[..., :1], IMAGES[0], IMAGES.reshape(6, -1)]
)
def test_samples_that_d_cannot_take(make_d, x):
    gan = gan_of(make_d())
    wanted = (
        "'discriminator' was built for [batch, 8, 8, 3], and cannot take float32 "
        f"{list(x.shape)}"
    )
    assert refused(gan.scored, x) == wanted
    assert refused(gan.discriminator, x) == wanted


def test_a_d_of_its_own_that_needs_no_scorer():
    class Vector(OwnD):
        def call(self, x):
            return super().call(x)[:, 0]

    gan = gan_of()._replace(discriminator=Vector())
    gan.scored(IMAGES)
    assert "was built for [batch, 8, 8, 3]" in refused(gan.scored, IMAGES[..., :1])


def test_a_type_that_d_cannot_take_is_named():
    told = refused(gan_of(own_d()).scored, IMAGES.astype("uint8"))
    assert "cannot take uint8 [6, 8, 8, 3]: " in told and "float32" in told


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_latents_of_another_width_than_g_takes(layer):
    wanted = "'painter' was built for [batch, 4], and cannot take float32 [6, 3]"
    gan = gan_of(width=3)
    real = gan.scored(IMAGES)
    refine = sampling.refine(gan, policies.adam(0.1), layer=layer, steps=1)
    options = {"real": real, "batch": 6, "seed": 0}
    for proposer in (sampling.direct(gan), refine):
        sampler = sampling.compose(proposer, sampling.always())
        assert refused(sampling.draw, sampler, gan.prior, 6, **options) == wanted
    if layer:
        assert refused(gan.generator.encode, Z[:, :3], to=layer) == wanted
    assert refused(gan.generator, Z[:, :3]) == wanted


def test_an_activation_that_is_none_of_the_layer():
    told = refused(split_g().decode, Z, from_=1)
    wanted = "'painter' was built for [batch, 5] at layer 1, and cannot take float32 "
    assert told == wanted + "[6, 4]"


def test_a_d_of_other_images_than_g_makes():
    gan = gan_of(keras.Sequential([keras.Input((8, 8, 1)), *layers_of_d()]))
    wanted = "built for [batch, 8, 8, 1], and cannot take float32 [6, 8, 8, 3]"
    for layer in (0, 2):
        refine = sampling.refine(gan, policies.ladam(0.1), layer=layer, steps=1)
        sampler = sampling.compose(refine, sampling.always())
        real = Scored(IMAGES, tf.zeros([6]))
        told = refused(sampling.draw, sampler, gan.prior, 6, real=real, batch=6, seed=0)
        assert wanted in told


@pytest.mark.parametrize("make", [training.train_step, None])
def test_reals_of_another_shape_than_d_takes(make):
    gan, opt = gan_of(), keras.optimizers.SGD
    step = make and make(gan, opt(), opt())
    step = step or training.tune_step(gan, sampling.direct(gan), opt())
    told = refused(step, 0, tf.constant([0, 0]), IMAGES[:, :4])
    assert "cannot take float32 [6, 4, 8, 3]" in told


def test_several_inputs_are_told_together():
    z, label = keras.Input((4,)), keras.Input((2,))
    g = keras.Model([z, label], Dense(2)(keras.layers.Concatenate()([z, label])))
    told = refused(models.LayeredModel([g], name="g"), [Z, Z])
    wanted = "'g' was built for [batch, 4] and [batch, 2], and cannot take "
    assert told == wanted + "[float32 [6, 4], float32 [6, 4]]"


def test_an_array_as_a_list_is_told_shortly():
    d = models.LayeredModel([Dense(1)])
    d(np.zeros([2, 3], "f4"))
    assert len(refused(d, np.zeros([99, 3]).tolist())) < 300


def test_a_size_that_may_be_any_is_no_misfit():
    h = x = keras.Input((None, None, 3))
    d = keras.Model(x, keras.layers.GlobalAveragePooling2D()(Conv2D(1, 3)(h)))
    assert gan_of(d).scored(IMAGES[:, :4]).score.shape == [6]
    told = refused(gan_of(d).scored, IMAGES[..., :2])
    assert "built for [batch, any, any, 3]" in told


def test_what_fails_inside_on_the_right_shape_is_told_in_the_nets_words():
    class Picky(keras.Model):
        def call(self, x):
            raise ValueError("only on Sundays. And never at night")

    told = refused(models.LayeredModel([Picky()], name="g"), Z)
    assert told == "'g' cannot take float32 [6, 4]: only on Sundays"


def test_a_mistake_in_somebodys_code_stays_what_it_is():
    class Wrong(keras.Model):
        def call(self, x):
            return x.no_such_thing

    with pytest.raises(AttributeError, match="no_such_thing"):
        models.LayeredModel([Wrong()])(Z)


def test_tensorflows_trimmings_are_left_out():
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        tf.raw_ops.MatMul(a=Z, b=Z)
    told = files.first_sentence(error.value)
    assert told.startswith("Matrix size-incompatible") and "[Op" not in told
