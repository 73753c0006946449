"""Networks, and what makes anybody's network one of ours."""

from tf_collab.models.adapters import ends_in_sigmoid, scorer
from tf_collab.models.began import BEGANDiscriminator, BEGANGenerator
from tf_collab.models.cutting import split
from tf_collab.models.dcgan import DCGANDiscriminator, DCGANGenerator
from tf_collab.models.dcgan4 import DCGAN4Discriminator, DCGAN4Generator
from tf_collab.models.exporting import export, load
from tf_collab.models.fourier import FourierDiscriminator
from tf_collab.models.freezing import thaw
from tf_collab.models.infogan import NSGAN28Discriminator, NSGAN28Generator
from tf_collab.models.layered import LayeredModel, copy
from tf_collab.models.mlp import MLPDiscriminator, MLPGenerator
from tf_collab.models.pyramid import PyramidDiscriminator, PyramidGenerator
from tf_collab.models.resnet import ResNetDiscriminator, ResNetGenerator
from tf_collab.models.text import TextDiscriminator, TextGenerator
from tf_collab.models.tf1 import read_tf1
from tf_collab.models.zoo import DISCRIMINATORS, GENERATORS

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
]
