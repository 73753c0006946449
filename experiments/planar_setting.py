"""What all phases of a 2-D run share, and the flags that each stands on."""

import glob
import hashlib
import pathlib
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import tensorflow as tf

import tf_collab as tc
from experiments import mog2d, runs

__all__ = ["KINDS", "Setting", "depends", "make"]

# What each D is tuned for, and the samplers that ask it.
KINDS: dict[Literal["calibrate", "shape"], tuple[str, ...]] = {
    "calibrate": ("standard", "rejection", "hastings"),
    "shape": ("refinement", "collaborative"),
}


class Setting(NamedTuple):
    """What all phases of a run share."""

    run: runs.Run
    config: mog2d.Config
    target: Any  # a mixture or the swiss roll
    batch_at: Callable[[tf.Tensor], tf.Tensor]  # step -> [batch_size, 2]
    seeds: dict[str, tf.Tensor]
    held_out: tf.Tensor  # [num_samples, 2], reals that the samplers may look at
    reference: tf.Tensor  # [num_samples, 2], reals that the metrics compare with
    xla: bool | None


def make(run: runs.Run, config: mog2d.Config) -> Setting:
    """The target, its batches, and every seed of the run."""
    sizes = {} if config.scale is None else {"scale": config.scale}
    if config.dataset == "Imbal-8Gaussians":
        sizes["ratio"] = config.ratio
    target: Any = tc.data.MIXTURES[config.dataset](**sizes)
    names = ("data", "train", "calibrate", "shape", "draw", "reals")
    seeds = dict(zip(names, tc.seeds.split(tc.seeds.as_seed(config.seed), 6)))
    seeds["probe"] = tc.seeds.fold_in(seeds["draw"], 2**31 - 1)  # beyond any step
    held_out, reference = (
        target.batch(config.num_samples, seed)
        for seed in tc.seeds.split(seeds["reals"])
    )

    def batch_at(step):
        return target.batch(config.batch_size, tc.seeds.fold_in(seeds["data"], step))

    xla = {"auto": None, "on": True, "off": False}[config.xla]
    return Setting(run, config, target, batch_at, seeds, held_out, reference, xla)


def depends(config: mog2d.Config) -> dict[str, dict[str, Any]]:
    """The flags that each phase stands on, by phase."""

    def picked(*names):
        return {name: getattr(config, name) for name in names}

    made = picked("dataset", "ratio", "scale", "batch_size", "seed", "precision", "xla")
    phases = {}
    if config.imported:
        sources = ("init_checkpoint", "generator", "discriminator")
        made |= {f"{name} (sha256)": _digest(getattr(config, name)) for name in sources}
        made |= (
            picked("nhidden", "nlayers", "bn_affine") if config.init_checkpoint else {}
        )
    else:
        made |= picked("nhidden", "nlayers", "bn_affine", "lrg")
        if config.mode not in ("calibrate", "shape"):  # there it is the D loop's
            made["lrd"] = config.lr_train
        phases["train"] = made
    move = picked("rollout_method", "rollout_rate", "rollout_steps", "collab_layer")
    move |= picked("stop")
    for at in config.gan_steps:
        for kind, methods in KINDS.items():
            used = made | (move if kind == "shape" else {})
            if config.mode in ("all", kind):
                rate = {f"lr_{kind}": config.tuning(kind)[1]}
                phases[f"{kind}-g{at}"] = used | rate
            for name in methods:
                drawn = used | picked("num_samples")
                if name == "rejection":
                    drawn |= picked("drs_percentile", "drs_per_batch")
                if name in ("hastings", "collaborative"):
                    drawn |= picked("mh_thin")
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
