"""Real data: targets in the plane, sets of images, text."""

from tf_collab.data.images.catalogue import IMAGES
from tf_collab.data.images.glyphs import emoji
from tf_collab.data.images.labelled import cifar10, fashion_mnist, mnist
from tf_collab.data.images.mapped import MappedPixels
from tf_collab.data.images.pipeline import batches, to_float, to_pixels
from tf_collab.data.images.sets import Images, imbalanced, partition
from tf_collab.data.images.unlabelled import celeba, folder, lsun
from tf_collab.data.mixtures import (
    MIXTURES,
    Mixture,
    SwissRoll,
    grid,
    imbalanced_ring,
    ring,
    swiss_roll,
)
from tf_collab.data.text.corpus import Text, billion_word, text_batches
from tf_collab.data.text.vocabulary import Vocabulary

__all__ = [
    "IMAGES",
    "MIXTURES",
    "Images",
    "MappedPixels",
    "Mixture",
    "SwissRoll",
    "Text",
    "Vocabulary",
    "batches",
    "billion_word",
    "celeba",
    "cifar10",
    "emoji",
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
    "text_batches",
    "to_float",
    "to_pixels",
]
