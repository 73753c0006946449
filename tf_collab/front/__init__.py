"""The front door: what one call does, with the names and the words for it.

The top floor of the library: it may import all of it, and nothing imports it.
"""

from tf_collab.front.keras_gan import from_keras
from tf_collab.front.summaries import summary
from tf_collab.front.torch_gan import from_torch

__all__ = ["from_keras", "from_torch", "summary"]
