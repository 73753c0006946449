"""Objectives: what a score means, and how D learns to give it."""

from tf_collab.objectives.least_squares import lsgan
from tf_collab.objectives.likelihood import kale
from tf_collab.objectives.logistic import nsgan
from tf_collab.objectives.margin import hinge
from tf_collab.objectives.potential import coulomb, field, plummer_kernel, potentials
from tf_collab.objectives.relativistic_pairs import relativistic
from tf_collab.objectives.wasserstein import wgan_gp

__all__ = [
    "coulomb",
    "field",
    "hinge",
    "kale",
    "lsgan",
    "nsgan",
    "plummer_kernel",
    "potentials",
    "relativistic",
    "wgan_gp",
]
