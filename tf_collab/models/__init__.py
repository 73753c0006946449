"""Networks, and what makes anybody's network one of ours."""

from tf_collab.models.layered import LayeredModel, copy
from tf_collab.models.mlp import MLPDiscriminator, MLPGenerator

__all__ = ["LayeredModel", "MLPDiscriminator", "MLPGenerator", "copy"]
