"""Where reals come from."""

from tf_collab.data.mixtures import (
    MIXTURES,
    Mixture,
    SwissRoll,
    grid,
    imbalanced_ring,
    ring,
    swiss_roll,
)

__all__ = [
    "MIXTURES",
    "Mixture",
    "SwissRoll",
    "grid",
    "imbalanced_ring",
    "ring",
    "swiss_roll",
]
