"""The front door: a trained GAN in, better samples or the word of no gain out.

The top floor of the library: it may import all of it, and nothing imports it.
"""

from tf_collab.front.advice import Advice
from tf_collab.front.advising import advise
from tf_collab.front.collaboration import Collaboration
from tf_collab.front.correcting import fit_corrector
from tf_collab.front.fitting import fit_discriminator
from tf_collab.front.keras_gan import from_keras
from tf_collab.front.opening import collaborate, load_collaboration
from tf_collab.front.summaries import summary
from tf_collab.front.torch_gan import from_torch
from tf_collab.front.weighing import fit_weight

__all__ = [
    "Advice",
    "Collaboration",
    "advise",
    "collaborate",
    "fit_corrector",
    "fit_discriminator",
    "fit_weight",
    "from_keras",
    "from_torch",
    "load_collaboration",
    "summary",
]
