"""Objectives: what a score means, and how D learns to give it."""

from tf_collab.objectives.least_squares import lsgan
from tf_collab.objectives.logistic import nsgan
from tf_collab.objectives.margin import hinge
from tf_collab.objectives.potential import coulomb, field, plummer_kernel, potentials
from tf_collab.objectives.wasserstein import wgan_gp

__all__ = [
    "coulomb",
    "field",
    "hinge",
    "lsgan",
    "nsgan",
    "plummer_kernel",
    "potentials",
    "wgan_gp",
]
