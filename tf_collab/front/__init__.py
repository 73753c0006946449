"""The front door: what one call does, with the names and the words for it.

The top floor of the library: it may import all of it, and nothing imports it.
"""

from tf_collab.front.keras_gan import from_keras
from tf_collab.front.summaries import summary

__all__ = ["from_keras", "summary"]
