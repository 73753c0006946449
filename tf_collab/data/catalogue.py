"""The image sets by name; all are called alike."""

from collections.abc import Callable

from tf_collab.data import images, labelled, unlabelled

__all__ = ["IMAGES"]

IMAGES: dict[str, Callable[..., images.Images]] = {
    "mnist": labelled.mnist,
    "fashion_mnist": labelled.fashion_mnist,
    "cifar10": labelled.cifar10,
    "celeba": unlabelled.celeba,
    "lsun": unlabelled.lsun,
    "folder": unlabelled.folder,
}
