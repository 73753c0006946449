"""What is faster on processors and gives the same numbers."""

from tf_collab.cpu import compilation

__all__ = ["compilation"]
