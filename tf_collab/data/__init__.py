"""Where reals come from."""

from tf_collab.data.catalogue import IMAGES
from tf_collab.data.images import Images, imbalanced, partition
from tf_collab.data.labelled import cifar10, fashion_mnist, mnist
from tf_collab.data.mapped import MappedPixels
from tf_collab.data.mixtures import (
    MIXTURES,
    Mixture,
    SwissRoll,
    grid,
    imbalanced_ring,
    ring,
    swiss_roll,
)
from tf_collab.data.pipeline import batches, to_float, to_pixels
from tf_collab.data.unlabelled import celeba, folder, lsun

__all__ = [
    "IMAGES",
    "MIXTURES",
    "Images",
    "MappedPixels",
    "Mixture",
    "SwissRoll",
    "batches",
    "celeba",
    "cifar10",
    "fashion_mnist",
    "folder",
    "grid",
    "imbalanced",
    "imbalanced_ring",
    "lsun",
    "mnist",
    "partition",
    "ring",
    "swiss_roll",
    "to_float",
    "to_pixels",
]
