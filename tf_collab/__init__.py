"""Better samples out of a trained GAN: every discriminator-guided sampler, one protocol."""

from tf_collab import data, models, objectives, policies, priors, sampling, seeds, training
from tf_collab.base import GAN, Objective, Scored

__all__ = ["GAN", "Objective", "Scored", "data", "models", "objectives", "policies", "priors", "sampling", "seeds", "training"]
