"""Tests for the flag files in experiments/configs."""

import pathlib

from experiments import celeba, coulomb, flags, mnist, mog2d

ROOT = pathlib.Path(__file__).parents[2]


def test_every_flag_file_of_the_project_is_read():
    kinds = {  # by the file's last word
        "nsgan": mnist.Config,
        "dcgan": celeba.Config,
        "coulomb": coulomb.Config,
    }
    seen = {}
    for path in (ROOT / "experiments" / "configs").glob("*.flags"):
        kind = kinds.get(path.stem.rpartition("_")[2], mog2d.Config)
        seen.setdefault(kind, set()).add(
            flags.parse(kind, ["", f"--flagfile={path}"]).dataset
        )
    assert seen == {
        mog2d.Config: {"Imbal-8Gaussians", "8Gaussians", "25Gaussians", "swissroll"},
        mnist.Config: {"mnist", "fashion_mnist"},
        celeba.Config: {"celeba", "cifar10", "fashion_mnist"},
        coulomb.Config: {"lsun", "25Gaussians", "Imbal-8Gaussians"},
    }
