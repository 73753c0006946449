"""What all phases of a run share, and the flags that each stands on."""

import glob
import hashlib
import pathlib
from typing import Any, Literal, NamedTuple

import tensorflow as tf

import tf_collab as tc
from experiments import options, runs, study

__all__ = ["KINDS", "Setting", "depends", "seeds_of"]

# What each D is tuned for, and the samplers that ask it.
KINDS: dict[Literal["calibrate", "shape"], tuple[options.Method, ...]] = {
    "calibrate": ("standard", "rejection", "hastings"),
    "shape": ("refinement", "collaborative"),
}


class Setting(NamedTuple):
    """What all phases of a run share."""

    run: runs.Run
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


def depends(config: options.Options) -> dict[str, dict[str, Any]]:
    """The flags that each phase stands on, by phase."""

    def picked(*names):
        return {name: getattr(config, name) for name in names}

    made = picked(*config.DATA, "batch_size", "seed", "precision", "xla")
    phases = {}
    if config.imported:
        files = picked(*config.sources)
        made |= {f"{name} (sha256)": _digest(path) for name, path in files.items()}
        made |= picked(*config.NETS)
    else:
        made |= picked(*config.NETS) | config.training
        phases["train"] = made
    move = picked("rollout_method", "rollout_rate", "rollout_steps", "stop")
    move["collab_layer"] = config.layer
    for at in config.gan_steps:
        for kind, methods in KINDS.items():
            used = made | picked(*config.JUDGES) | (move if kind == "shape" else {})
            if config.mode in ("all", kind):
                rate = {f"lr_{kind}": config.tuning(kind)[1]}
                phases[f"{kind}-g{at}"] = used | rate
            for name in methods:
                drawn = used | picked("num_samples", *config.MEASURES)
                if name == "rejection":
                    drawn |= picked("drs_percentile", "drs_per_batch")
                if name in ("hastings", "collaborative"):
                    drawn |= picked("mh_thin")
                if config.mh_pool:  # all are measured on as many as a chain gives
                    drawn |= picked("mh_thin", "mh_pool")
                elif name == "collaborative":
                    drawn |= picked("mh_pool")
                if name in config.methods and config.mode in ("all", "sample", kind):
                    phases[f"sample-{name}-g{at}"] = drawn
    return phases


def _digest(name: str | None) -> str | None:
    """Of a file, or of the files of a TF1 checkpoint: its folder's, its prefix's."""
    if name is None:
        return None
    path = pathlib.Path(name)
    inside = path.iterdir() if path.is_dir() else ()
    # model.ckpt-1000 has an .index and more; model.ckpt-10000 is another's.
    beside = map(pathlib.Path, glob.glob(glob.escape(name) + ".*"))
    digest = hashlib.sha256()
    for file in sorted({path, *inside, *beside}):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
