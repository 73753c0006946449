"""The loaders of image sets by name; all take the same arguments."""

from collections.abc import Callable

from tf_collab.data.images import glyphs, labelled, sets, unlabelled

__all__ = ["IMAGES"]

IMAGES: dict[str, Callable[..., sets.Images]] = {
    "mnist": labelled.mnist,
    "fashion_mnist": labelled.fashion_mnist,
    "cifar10": labelled.cifar10,
    "celeba": unlabelled.celeba,
    "emoji": glyphs.emoji,
    "lsun": unlabelled.lsun,
    "folder": unlabelled.folder,
}
