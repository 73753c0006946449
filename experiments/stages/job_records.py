"""What a job of blocks stands on: begun with flags, or read from its manifest."""

import errno
import os
import pathlib
from collections.abc import Callable
from typing import Any

import tf_collab as tc
from experiments.cli import errors, own_code
from experiments.rundir import progress
from experiments.stages import cluster_work, torch_nets
from tf_collab import formats
from tf_collab.cpu import threads
from tf_collab.front import blocks, jobs, keeping, manifest
from tf_collab.front.collaboration import Collaboration
from tf_collab.front.outcome import Outcome

__all__ = ["begin", "begun", "collaboration"]


def begin(config: Any, tuned: Callable[[], "tc.Collaboration"]) -> manifest.Manifest:
    """The manifest of a new job, on disk, of what `tuned` gives."""
    place = pathlib.Path(config.workdir, manifest.FOLDER)
    if place.exists() and any(place.iterdir()):
        raise errors.Refused(
            f"{str(place)!r} holds files, and there is no {formats.MANIFEST} beside it "
            "that says of which job: give another --workdir"
        )
    held = cluster_work.threads_each(config)
    threads.hold(held)  # for the tuning too: the same flags give the same bytes
    c = tuned()
    flags = config.standing() | {"method": config.method or c.best, "threads": held}
    if told := c.outcome.against(flags["method"]):
        progress.say(f"note: {told}")
    source = _source(config)
    inputs = jobs.digests(source, _beside(config))
    if keeping.RECORD not in dict(inputs):  # it went while it was being read
        path = os.path.join(source, keeping.RECORD)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    job = _job(config, flags, inputs, jobs.software())
    kept = manifest.Manifest(config.workdir, job, flags)
    kept.save()
    return kept


def begun(config: Any) -> manifest.Manifest | None:
    """The manifest of the job in --workdir; None where none was begun."""
    with errors.blaming():
        found = manifest.read(config.workdir)
    if found is None:
        return None
    pairs = [tuple(found[name].items()) for name in ("inputs", "software")]
    job = _job(config, found["flags"], *pairs)
    return manifest.Manifest(config.workdir, job, found["flags"])


def collaboration(job: jobs.Job) -> "tc.Collaboration":
    """That from which a job draws; this process has the job's threads from then on."""
    threads.hold(job.threads)  # before anything makes TensorFlow start with others
    return Collaboration(None, job.opened(job.source, job.given))


def _source(config: Any) -> str:
    own = pathlib.Path(config.workdir, "collaboration")
    return os.path.abspath(config.collaboration or own)


def _job(config: Any, flags: dict[str, Any], inputs: Any, software: Any) -> jobs.Job:
    opened, given = blocks.saved, None
    if config.in_torch():
        own = {name: config.whole(name) for name in (*torch_nets.FLAGS, "latent")}
        opened = _of_torch
        given = torch_nets.TorchNets(**own), config.prior, config.gan
    return jobs.Job(
        folder=os.path.abspath(pathlib.Path(config.workdir, manifest.FOLDER)),
        source=_source(config),
        inputs=inputs,
        software=software,
        **{name: flags[name] for name in jobs.FLAGS},
        opened=opened,
        given=given,
        beside=_beside(config),
    )


def _beside(config: Any) -> tuple[tuple[str, str], ...]:
    """The files of code and weights that a net in PyTorch is made of."""
    found = {name: getattr(config, name) for name in torch_nets.WEIGHTS}
    for name in torch_nets.CODE:
        code = getattr(config, name)
        found[name] = code and own_code.source(code)
    return tuple(
        (name, os.path.abspath(path)) for name, path in sorted(found.items()) if path
    )


def _of_torch(source: str, given: Any) -> Outcome:
    """What a collaboration saved without the nets, which are of code and weights."""
    nets, prior, objective = given
    return torch_nets.collaboration(nets, prior, objective, source).outcome
