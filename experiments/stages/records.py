"""The flags that each phase of a run stands on."""

import functools
import glob
import hashlib
import pathlib
from typing import Any, Literal

from experiments.cli import fields
from experiments.rundir import run_record
from experiments.stages import from_runs
from tf_collab import tables

__all__ = ["AUTO", "FOUND", "KINDS", "depends", "rate_phase"]

AUTO = "auto"  # of --rollout_rate: a number is found, and recorded under this name
FOUND = "found"


def _asking(judge: str) -> tuple[str, ...]:
    """The samplers that ask a D; the one whose samples judge it comes first."""
    names = [name for name in tables.METHODS if tables.SAMPLERS[name].judge == judge]
    return tuple(sorted(names, key=lambda name: not tables.SAMPLERS[name].first))


# What each D is tuned for, and the samplers that ask it.
KINDS: dict[Literal["calibrate", "shape"], tuple[str, ...]] = {
    "calibrate": _asking("calibrated"),
    "shape": _asking("shaped"),
}


def depends(config: Any) -> dict[str, dict[str, Any]]:
    """The flags that each phase of this command stands on, by phase.

    Those without effect for its data, nets and objective are left out.
    """
    idle = config.idle()

    def picked(*names: str) -> dict[str, Any]:
        used = {name: getattr(config, name) for name in names if name not in idle}
        return {n: _digest(v) if n in config.files else v for n, v in used.items()}

    made = picked(*config.DATA, "batch_size", "seed", "precision", "xla")
    made |= picked("sync_batch_norm")
    phases = {}
    if config.from_files:
        made |= picked(*config.sources, *config.NETS)
    elif config.from_run:
        # All that this GAN was trained with, so that runs of others are told apart.
        known = {*config.TRAINING, *fields.recorded(config)}
        trained = from_runs.trained(config)
        made = {n: v for n, v in trained.items() if n in known} | made
    else:
        trained = {n: v for n, v in config.training.items() if n not in idle}
        made |= picked(*config.NETS) | trained
        phases["train"] = made
    move = picked("rollout_method", "rollout_rate", "rollout_steps", "stop")
    move["collab_layer"] = config.layer
    for at in config.gan_steps:
        stood = made | picked(*config.JUDGES)
        if config.from_run:  # known by its content: the folder may move
            content = _digest(str(from_runs.checkpoint(config, at)))
            stood = {"from_run": content} | stood
        if config.rollout_rate == AUTO and _refines(config):
            path = {name: v for name, v in move.items() if name != "stop"}
            phases[rate_phase(at)] = stood | path
        for kind, methods in KINDS.items():
            used = stood | (move if kind == "shape" else {})
            if config.mode in ("all", kind):
                rate = {f"lr_{kind}": config.tuning(kind)[1]}
                rate |= picked("tune_optimizer")
                phases[f"{kind}-g{at}"] = used | rate
            for name in methods:
                drawn = used | picked("num_samples", *config.MEASURES)
                own = tables.SAMPLERS[name].flags
                drawn |= picked(*(flag for flag in own if flag not in move))
                if config.mh_pool:  # all are measured on as many as a chain gives
                    drawn |= picked("mh_thin", "mh_pool")
                if name in config.methods and config.mode in ("all", "sample", kind):
                    phases[f"sample-{name}-g{at}"] = drawn
    return phases


def rate_phase(at: int) -> str:
    """The phase that records the rate which was found at a GAN step."""
    return f"rate-g{at}"


def _refines(config: Any) -> bool:
    """Whether this command tunes or draws with refined samples."""
    drawn = config.mode == "sample" and {*KINDS["shape"]} & {*config.methods}
    return config.mode in ("all", "shape") or bool(drawn)


def _digest(name: str | None) -> str | None:
    """Of a file, or of the files of a TF1 checkpoint: its folder's, its prefix's."""
    if name is None:
        return None
    path = pathlib.Path(name)
    inside = path.iterdir() if path.is_dir() else ()
    # model.ckpt-1000 has an .index and more; model.ckpt-10000 is another's.
    beside = map(pathlib.Path, glob.glob(glob.escape(name) + ".*"))
    marked = []
    for file in sorted({path, *inside, *beside}):
        if file.is_file():
            now = file.stat()
            mark = now.st_ino, now.st_size, now.st_mtime_ns
            marked.append((file.absolute(), *mark))
    return run_record.DIGEST + _content(*marked)


@functools.lru_cache  # a run asks dozens of times, and the files are large
def _content(*files: tuple[pathlib.Path, int, int, int]) -> str:
    """The digest of what is in files, each given with what tells whether it changed."""
    digest = hashlib.sha256()
    for file, *_ in files:
        with open(file, "rb") as content:
            while part := content.read(2**20):
                digest.update(part)
    return digest.hexdigest()[:16]
