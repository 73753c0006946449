"""A trained GAN in .keras files, and data in .npz files and folders of images."""

import os
from typing import Any

import keras

import tf_collab as tc
from experiments.cli import errors
from tf_collab import archives

__all__ = ["groups", "nets", "rows"]

FILE = "npz file with an array x"


def nets(config: Any) -> tuple[list[keras.Model], tc.Prior]:
    """G and D of --generator and --discriminator, and the law of --prior for G."""
    both = [*map(tc.models.load, (config.generator, config.discriminator))]
    if len(both[0].inputs) != 1:
        raise errors.Refused(
            f"--generator={config.generator!r} takes {len(both[0].inputs)} inputs, "
            "and only a flat latent can be given here: see docs/your_gan.md"
        )
    return both, getattr(tc.priors, config.prior)(*both[0].input_shape[1:])


def rows(path: str | None) -> Any:
    """x, or x with its labels, of a file; a folder as it is."""
    assert path is not None  # as the flags were asked for
    if os.path.isdir(path):
        return path
    arrays = archives.arrays(path, ("x", "labels"), what=FILE)
    if "x" not in arrays:
        raise errors.Refused(f"{path!r} has no array x")
    return (arrays["x"], arrays["labels"]) if "labels" in arrays else arrays["x"]


def groups(path: str | None) -> Any:
    """The groups of a file's rows, if it has them."""
    if path is None or os.path.isdir(path):
        return None
    return archives.arrays(path, ("groups",), what=FILE).get("groups")
