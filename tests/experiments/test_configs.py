"""Tests for the flag files in experiments/configs."""

import pathlib

import pytest

from experiments import (
    celeba,
    coulomb,
    mnist,
    mog2d,
)
from experiments.cli import flags

CONFIGS = pathlib.Path(__file__).parents[2] / "experiments" / "configs"


def read(kind, name):
    # Which a set that is nowhere by default needs.
    place = [f"--data_dir={CONFIGS}"] if kind is celeba.Config else []
    return flags.parse(kind, ["", f"--flagfile={CONFIGS / name}.flags", *place])


def test_every_flag_file_of_the_project_is_read():
    kinds = {  # by the file's last word
        "nsgan": mnist.Config,
        "gp": mnist.Config,
        "imbalanced": mnist.Config,
        "dcgan": celeba.Config,
        "coulomb": coulomb.Config,
    }
    seen = {}
    for path in CONFIGS.glob("*.flags"):
        kind = kinds.get(path.stem.rpartition("_")[2], mog2d.Config)
        seen.setdefault(kind, set()).add(read(kind, path.stem).dataset)
    assert seen == {
        mog2d.Config: {"Imbal-8Gaussians", "8Gaussians", "25Gaussians", "swissroll"},
        mnist.Config: {"mnist", "fashion_mnist"},
        celeba.Config: {"celeba", "cifar10", "emoji", "fashion_mnist"},
        coulomb.Config: {"lsun", "25Gaussians", "Imbal-8Gaussians"},
    }


def test_the_settings_of_wgan_gp_and_of_rare_digits_are_the_published_ones():
    wgan = read(mnist.Config, "mnist_wgan_gp")
    assert wgan.gan == "wgan_gp" and wgan.rates == (5 * 2e-4, 2e-4)
    images = wgan.batch_size * wgan.niters, wgan.batch_size * wgan.shape_iters
    # 20 epochs and one, of 70 000 images.
    assert images == (pytest.approx(1_400_000, 0.01), pytest.approx(70_000, 0.01))
    # A rate of the batch's mean is one of a sample's own gradient over the batch.
    assert wgan.rollout_rate == pytest.approx(0.1 / wgan.batch_size, rel=0.05)
    assert (wgan.rollout_steps, wgan.collab_layer) == (50, 2)
    assert read(mnist.Config, "mnist_imbalanced").imbalance == 0.2
