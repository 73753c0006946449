"""Better samples out of a trained GAN: every discriminator-guided sampler, one way."""

from tf_collab import (
    base,
    calibrators,
    checks,
    compilation,
    data,
    metrics,
    models,
    objectives,
    plots,
    policies,
    priors,
    sampling,
    seeds,
    training,
)
from tf_collab.base import GAN, Objective, Scored

__all__ = [
    "GAN",
    "Objective",
    "Scored",
    "base",
    "calibrators",
    "checks",
    "compilation",
    "data",
    "metrics",
    "models",
    "objectives",
    "plots",
    "policies",
    "priors",
    "sampling",
    "seeds",
    "training",
]
