"""Networks, and adapters that make any Keras network fit this library."""

from tf_collab.models.adapters import ends_in_sigmoid, scorer
from tf_collab.models.coulomb.began import BEGANDiscriminator, BEGANGenerator
from tf_collab.models.coulomb.dcgan4 import DCGAN4Discriminator, DCGAN4Generator
from tf_collab.models.coulomb.fourier import FourierDiscriminator
from tf_collab.models.coulomb.pyramid import PyramidDiscriminator, PyramidGenerator
from tf_collab.models.coulomb.resnet import ResNetDiscriminator, ResNetGenerator
from tf_collab.models.coulomb.text import TextDiscriminator, TextGenerator
from tf_collab.models.coulomb.zoo import DISCRIMINATORS, GENERATORS
from tf_collab.models.cutting import split
from tf_collab.models.freezing import thaw
from tf_collab.models.layered import LayeredModel, copy
from tf_collab.models.nets.dcgan import DCGANDiscriminator, DCGANGenerator
from tf_collab.models.nets.mlp import MLPDiscriminator, MLPGenerator
from tf_collab.models.nets.nsgan28 import NSGAN28Discriminator, NSGAN28Generator
from tf_collab.models.saving import export, load
from tf_collab.models.tf1 import read_tf1
from tf_collab.models.torch_cutting import torch_chain
from tf_collab.models.torch_nets import torch_layer, torch_state

__all__ = [
    "DISCRIMINATORS",
    "GENERATORS",
    "BEGANDiscriminator",
    "BEGANGenerator",
    "DCGAN4Discriminator",
    "DCGAN4Generator",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FourierDiscriminator",
    "LayeredModel",
    "MLPDiscriminator",
    "MLPGenerator",
    "NSGAN28Discriminator",
    "NSGAN28Generator",
    "PyramidDiscriminator",
    "PyramidGenerator",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "TextDiscriminator",
    "TextGenerator",
    "copy",
    "ends_in_sigmoid",
    "export",
    "load",
    "read_tf1",
    "scorer",
    "split",
    "thaw",
    "torch_chain",
    "torch_layer",
    "torch_state",
]
