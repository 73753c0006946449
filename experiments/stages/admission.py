"""Whatever can be refused is refused here, before a run writes its first file."""

import os
from collections.abc import Sequence

import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import monitor
from experiments.stages import gan_training, records, remembering, trained_elsewhere
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import tables

__all__ = ["admit"]


def admit(
    session: Session,
    gan: tc.GAN,
    task: Task,
    trainer: gan_training.Trainer,
    notes: Sequence[str] = (),
) -> None:
    """Checks the nets and checkpoints, and begins the log with what it runs on."""
    run, config = session.run, session.config
    if (config.layer or 0) > gan.generator.depth:
        raise errors.Refused(
            f"--collab_layer={config.layer} is not one of 0 to "
            f"{gan.generator.depth}, the generator's layers"
        )
    _refuse_walks(session, gan)
    damaged = _refuse_impossible(session, task, trainer.checkpoints)
    whose = []
    if config.from_run:
        there = trainer.checkpoints
        whose.append(trained_elsewhere.refuse_unfit(config, there, task.digest))
        whose += trained_elsewhere.untaken(config)
    if not run.phases:
        watch = monitor.Monitor(run, "flags")
        watch.flags(config)
        watch.flush()
    run.log(_machine(session, gan))
    if kept := remembering.remembered(config):
        whose_record = "the records of the folder and of --from_run"
        words = whose_record if config.from_run else "the folder's record"
        words = f"from {words}, where no flag was given: "
        run.log(words + " ".join(kept))
    for note in (*whose, *task.notes, *notes, *damaged):
        run.log(note)
    run.folder("checkpoints")


def _refuse_walks(session: Session, gan: tc.GAN) -> None:
    """Refuses walks among latents with labels, of which a walk knows nothing."""
    methods = session.config.methods
    walks = [n for n in methods if tables.SAMPLERS[n].walks]
    drawn = session.config.mode in ("all", "calibrate", "sample") and walks
    if drawn and len(tf.nest.flatten(gan.prior(1, session.seeds["probe"]))) > 1:
        raise errors.Refused(
            f"a walk ({', '.join(walks)}) moves z alone, where the latents of this GAN "
            "have labels beside it: give the other samplers as "
            f"--method={','.join(n for n in methods if n not in walks) or 'all'}"
        )


def _machine(session: Session, gan: tc.GAN) -> str:
    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU" if gpus else f"CPU, {os.cpu_count()} cores"
    xla = session.xla
    if xla is None:
        xla = tc.cpu.worthwhile(gan.generator, gan.discriminator)
    word = "on" if xla else "off"
    narrow = tc.cpu.narrow(gan.discriminator)
    if xla and session.xla is None and narrow:
        word = "on, off in learning (narrow nets)"
    return f"{device}; XLA {word}; {session.config.precision}"


def _refuse_impossible(
    session: Session, task: Task, checkpoints: tc.training.Checkpoints
) -> list[str]:
    """Refuses what only shows in the checkpoints.

    Returns sentences about damaged ones, which are set aside.
    """
    run, config = session.run, session.config
    damaged: list[str] = []
    # The folder of --from_run is only read.
    sound = [] if config.from_run else checkpoints.sound(damaged.append)
    for at in config.gan_steps:
        will_be = config.imported or config.mode in ("all", "train")
        if not will_be and at not in sound:
            folder, advice = repr(str(run.workdir)), "train it first with --mode=train"
            found = f"{folder} has no checkpoint"
            if sound:
                steps = ", ".join(map(str, sound))
                found = f"the checkpoints in {folder} are of steps {steps}"
                advice = f"choose one of them by --ckpt_num, or {advice}"
            raise errors.Refused(
                f"--mode={config.mode} needs GAN step {at}, and {found}: {advice}"
                + "".join(f"; {sentence}" for sentence in damaged)
            )
        for kind in records.KINDS:
            goal, _ = config.tuning(kind)
            loop = session.checkpoints(f"{kind}-g{at}", task.digest)
            reached = max(loop.sound(damaged.append), default=0)
            if config.mode in ("all", kind) and reached > goal:
                name = f"{kind}_iters"
                flag = config.flags_given().get(name, name)
                raise errors.Refused(
                    f"--{flag}={goal}, but D in "
                    f"{str(run.workdir)!r} has been through {reached} steps: ask for "
                    "those or more, or take another --workdir"
                )
    return damaged
