"""The activations of every net are those published for it."""

import keras
import numpy as np
import pytest
from conformance import tables

KINDS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.ReLU,
)
# What becomes of -1: of ReLU, of ELU, and of leaky ReLU as DCGAN and InfoGAN have it.
RELU, ELU, LEAKY = 0.0, np.expm1(-1), -0.2
HIDDEN = {
    "BEGANDiscriminator": ELU,
    "BEGANGenerator": ELU,
    "DCGAN4Discriminator": LEAKY,
    "DCGANDiscriminator": LEAKY,
    "NSGAN28Discriminator": LEAKY,
    "PyramidDiscriminator": LEAKY,
}
NETS = tables.GENERATORS | tables.DISCRIMINATORS


def activations(stages):
    parts = [p for stage in stages for p in stage._flatten_layers()]
    for part in parts:
        own = getattr(part, "activation", keras.activations.linear)
        if isinstance(part, KINDS):
            yield part
        elif own is not keras.activations.linear:
            yield own


@pytest.mark.parametrize("name", NETS)
def test_every_hidden_layer_has_it(name):
    make, _ = NETS[name]
    net = make(0)
    hidden = list(activations(net.stages[:-1]))  # the last one's is told elsewhere
    assert hidden
    x = np.array([[-1.0, 0.0, 2.0]], "float32")
    expected = [[HIDDEN.get(name.split(",")[0], RELU), 0.0, 2.0]]
    for activation in hidden:
        np.testing.assert_allclose(activation(x), expected, atol=1e-6)
