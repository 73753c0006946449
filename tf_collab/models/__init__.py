"""Networks, and what makes anybody's network one of ours."""

from tf_collab.models.adapters import ends_in_sigmoid, scorer
from tf_collab.models.cutting import split
from tf_collab.models.dcgan import DCGANDiscriminator, DCGANGenerator
from tf_collab.models.exporting import export, load
from tf_collab.models.infogan import NSGAN28Discriminator, NSGAN28Generator
from tf_collab.models.layered import LayeredModel, copy
from tf_collab.models.mlp import MLPDiscriminator, MLPGenerator
from tf_collab.models.tf1 import read_tf1

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "LayeredModel",
    "MLPDiscriminator",
    "MLPGenerator",
    "NSGAN28Discriminator",
    "NSGAN28Generator",
    "copy",
    "ends_in_sigmoid",
    "export",
    "load",
    "read_tf1",
    "scorer",
    "split",
]
