"""The course of a run: train, calibrate, shape, sample, score."""

import contextlib
import os
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import (
    monitor,
    pictures,
    recovery,
    report,
    run_folder,
)
from experiments.stages import (
    d_tuning,
    gan_training,
    options,
    records,
    setting,
    study,
)

__all__ = ["run"]

# (run, config, seeds by use) -> what the experiment brings
Make = Callable[..., study.Study]


def run(config: options.Options, make: Make) -> None:
    """One run for each seed; prints the table over them."""
    lines: list[dict] = []
    missing: list[str] = []
    steps: set[int] = set()
    for one in config.each_run():
        with _held(one):  # what the last folder tells is refused before the first run
            pass
    for one in config.each_run():
        measured, told = _run(one, make)
        lines += measured
        missing += told
        steps |= {*one.gan_steps}
    if config.mode != "train":
        print(report.table(lines, sorted(steps), config.methods))
        for sentence in missing:
            print(f"Missing: {sentence}.")


@contextlib.contextmanager
def _held(config: options.Options) -> Iterator[run_folder.Run]:
    """The folder of one run, which the flags go with."""
    with run_folder.Run(
        str(config.workdir),
        config,
        experiment=config.EXPERIMENT,
        resume=config.resume,
    ) as run:
        _refuse_alien(run, config)
        given = config.flags_given()
        for phase, flags in records.depends(config).items():
            run.check(phase, flags, given)
        yield run


def _run(config: options.Options, make: Make) -> tuple[list[dict], list[str]]:
    """One run; its results, and what is missing of them."""
    with _held(config) as run:
        seeds = setting.seeds_of(config)
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(config.precision)
        try:
            brought = make(run, config, seeds)
        finally:
            keras.config.set_dtype_policy(before)
        here = setting.Setting(run, config, brought, seeds)
        gan = brought.gan
        if (config.layer or 0) > gan.generator.depth:
            raise errors.Refused(
                f"--collab_layer={config.layer} is not one of 0 to "
                f"{gan.generator.depth}, the generator's layers"
            )
        training = gan_training.prepare(here)
        notes = [*brought.notes, *_refuse_impossible(here, training.checkpoints)]
        if not run.phases:
            watch = monitor.Monitor(run, ".")
            watch.flags(config)
            watch.flush()
        if remembered := records.remembered(config):
            words = "from the folder's record, where no flag was given: "
            notes = [words + " ".join(remembered), *notes]
        for note in (_machine(here), *notes):
            run.log(note)
        run.folder("checkpoints")
        if config.mode in ("all", "train") and not config.imported:
            gan_training.train(here, training)
        for at in config.gan_steps:
            if not config.imported:
                training.checkpoints.restore(at)
            z = gan.prior(1, seeds["probe"])
            here.export(f"generator-g{at}", gan.generator, z)
            here.export(f"discriminator-g{at}", gan.discriminator, brought.held_out)
            if config.mode != "train":
                d_tuning.tune_and_draw(here, at)
        missing = recovery.missing(run)
        pictures.write(run, missing)
        for sentence in missing:
            run.log(f"{sentence}, and cannot be made again by this command")
        run.log(f"what it made is in {str(run.workdir)!r}")
        return run.results.lines(), missing


def _machine(here):
    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU" if gpus else f"CPU, {os.cpu_count()} cores"
    gan, xla = here.study.gan, here.xla
    if xla is None:
        xla = tc.cpu.compilation.worthwhile(gan.generator, gan.discriminator)
    word = "on" if xla else "off"
    if xla and here.xla is None and tc.cpu.compilation.narrow(gan.discriminator):
        word = "on, off in learning (narrow nets)"
    return f"{device}; XLA {word}; {here.config.precision}"


def _refuse_alien(run, config):
    """Refuses a folder whose results are not of this GAN, or are no results."""
    if run.phases and config.imported == ("train" in run.phases):
        raise errors.Refused(
            f"--workdir={str(run.workdir)!r} holds a run that "
            + ("trained its own GAN" if config.imported else "sampled another's GAN")
            + ": take another"
        )
    for number, line in enumerate(run.results.lines(), start=1):
        absent = {"seed", "gan_step", "d_step", "method", "n"} - {*line}
        if absent:
            raise errors.Refused(
                f"{str(run.results.path)!r}, line {number}, has no "
                f"{sorted(absent)[0]!r}: repair or remove that line"
            )


def _refuse_impossible(here, checkpoints):
    """Refuses what only shows in the checkpoints, before anything is done.

    Returns sentences about damaged ones, which are set aside.
    """
    run, config = here.run, here.config
    damaged: list[str] = []
    there = checkpoints.sound(damaged.append)
    for at in config.gan_steps:
        will_be = config.imported or config.mode in ("all", "train")
        if not will_be and at not in there:
            folder, advice = repr(str(run.workdir)), "train it first with --mode=train"
            found = f"{folder} has no checkpoint"
            if there:
                steps = ", ".join(map(str, there))
                found = f"the checkpoints in {folder} are of steps {steps}"
                advice = f"choose one of them by --ckpt_num, or {advice}"
            raise errors.Refused(
                f"--mode={config.mode} needs GAN step {at}, and {found}: {advice}"
                + "".join(f"; {sentence}" for sentence in damaged)
            )
        for kind in records.KINDS:
            goal, _ = config.tuning(kind)
            loop = gan_training.checkpoints(here, f"{kind}-g{at}")
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
