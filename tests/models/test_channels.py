"""Nets of images and text have their channels last, whatever Keras is set to."""

import keras
import numpy as np
import pytest
from conformance import tables

from tf_collab import metrics

NETS = tables.GENERATORS | tables.DISCRIMINATORS
SOME = (
    *("BEGANGenerator", "ResNetDiscriminator", "DCGAN4Discriminator"),
    *("TextGenerator", "PyramidGenerator"),
)


@pytest.fixture
def channels_first():
    keras.config.set_image_data_format("channels_first")
    yield
    keras.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("name", SOME)
def test_a_net_is_the_same_where_keras_has_channels_first(name, channels_first):
    make, shape = NETS[name][:2]
    x = tables.inputs(shape, n=2)
    other = make(0)(x)
    keras.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(other, make(0)(x))


def test_random_features_are_the_same_too(channels_first):
    x = np.ones([2, 8, 8, 3], "float32")
    other = metrics.random_conv(0)(x)
    keras.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(other, metrics.random_conv(0)(x))
