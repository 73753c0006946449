"""What all phases of a run share."""

from typing import NamedTuple

import tensorflow as tf

import tf_collab as tc
from experiments.rundir import run_folder
from experiments.stages import options, study

__all__ = ["Setting", "seeds_of"]


class Setting(NamedTuple):
    """What all phases of a run share."""

    run: run_folder.Run
    config: options.Options
    study: study.Study
    seeds: dict[str, tf.Tensor]

    @property
    def xla(self) -> bool | None:
        return {"auto": None, "on": True, "off": False}[self.config.xla]

    def generate(self, gan: tc.GAN, z: tf.Tensor) -> tf.Tensor:
        """Plain samples, in inference mode."""
        return study.in_rows(gan.generator, z, self.study.rows)

    def score(self, gan: tc.GAN, x: tf.Tensor) -> tf.Tensor:
        """What D says of samples, [n]."""
        return study.in_rows(lambda part: gan.scored(part).score, x, self.study.rows)

    def export(self, name: str, net: tc.models.LayeredModel, one: tf.Tensor) -> None:
        """A net as a Keras file that loads anywhere, unless it is there.

        `one` is what the net takes, [batch, *data].
        """
        file = f"models/{name}.keras"
        if not self.run.at(file).exists():
            with self.run.writing(file) as path:
                tc.models.export(net, list(one.shape[1:])).save(path)


def seeds_of(config: options.Options) -> dict[str, tf.Tensor]:
    """Every seed of a run, by use."""
    names = ("data", "train", "calibrate", "shape", "draw", "reals")
    seeds = dict(zip(names, tc.seeds.split(tc.seeds.as_seed(config.seed), 6)))
    seeds["probe"] = tc.seeds.fold_in(seeds["draw"], 2**31 - 1)  # beyond any step
    return seeds
