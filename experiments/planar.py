"""The 2-D experiment: train, calibrate, shape, sample, score."""

import dataclasses
import os

import keras
import tensorflow as tf

import tf_collab as tc
from experiments import (
    mog2d,
    monitor,
    planar_figures,
    planar_gans,
    planar_setting,
    planar_training,
    planar_tuning,
    report,
    runs,
)

__all__ = ["run"]


def run(config: mog2d.Config) -> None:
    """One run for each seed; prints the table over them."""
    seeds = (config.seed,) if config.seeds is None else dict.fromkeys(config.seeds)
    lines = []
    for seed in seeds:
        folder = config.workdir and os.path.expanduser(config.workdir)
        kind = "imported-" if config.imported else ""
        if config.seeds is not None:
            base = folder or os.path.join("runs", "mog2d")
            folder = os.path.join(base, f"{kind}{config.dataset}-s{seed}")
        elif folder is None:
            name = f"{kind}{config.dataset}"
            folder = str(runs.default_workdir("mog2d", name, seed))
        one = dataclasses.replace(config, seed=seed, seeds=None, workdir=folder)
        lines += _run(one)
    if config.mode != "train":
        print(report.table(lines, config.gan_steps, config.methods))


def _run(config: mog2d.Config) -> list[dict]:
    folder = str(config.workdir)
    with runs.Run(folder, config, experiment="mog2d", resume=config.resume) as run:
        _refuse_alien(run, config)
        for phase, flags in planar_setting.depends(config).items():
            run.check(phase, flags)
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(config.precision)
        try:
            setting = planar_setting.make(run, config)
            gan = planar_gans.make(config)
        finally:
            keras.config.set_dtype_policy(before)
        notes = planar_gans.check(gan, setting)
        training = planar_training.prepare(setting, gan)
        notes += _refuse_impossible(setting, training.checkpoints)
        if not run.phases:
            watch = monitor.Monitor(run, ".")
            watch.flags(config)
            watch.flush()
        for note in (_machine(setting, gan), *notes):
            run.log(note)
        run.folder("checkpoints")
        if config.mode in ("all", "train") and not config.imported:
            planar_training.train(setting, gan, training)
        for at in config.gan_steps:
            if not config.imported:
                training.checkpoints.restore(at)
                planar_gans.export(run, gan, at)
            if config.mode != "train":
                planar_tuning.tune_and_draw(setting, gan, at)
        planar_figures.summary(run)
        run.log(f"figures, samples and results are in {run.workdir}")
        return run.results.lines()


def _machine(setting, gan):
    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU" if gpus else f"CPU, {os.cpu_count()} cores"
    xla = setting.xla
    if xla is None:
        xla = tc.compilation.worthwhile(gan.generator, gan.discriminator)
    return f"{device}; XLA {'on' if xla else 'off'}; {setting.config.precision}"


def _refuse_alien(run, config):
    """Refuses a folder whose results are not of this GAN, or are no results."""
    if run.phases and config.imported == ("train" in run.phases):
        raise runs.Refused(
            f"--workdir={str(run.workdir)!r} holds a run that "
            + ("trained its own GAN" if config.imported else "sampled another's GAN")
            + ": take another"
        )
    for number, line in enumerate(run.results.lines(), start=1):
        absent = {"seed", "gan_step", "d_step", "method", "n"} - {*line}
        if absent:
            raise runs.Refused(
                f"{str(run.results.path)!r}, line {number}, has no "
                f"{sorted(absent)[0]!r}: repair or remove that line"
            )


def _refuse_impossible(setting, checkpoints):
    """Refuses what only shows in the checkpoints, before anything is done.

    Returns sentences about damaged ones, which are set aside.
    """
    run, config = setting.run, setting.config
    damaged: list[str] = []
    there = checkpoints.sound(damaged.append)
    for at in config.gan_steps:
        will_be = config.imported or config.mode in ("all", "train")
        if not will_be and at not in there:
            known = ", ".join(map(str, there)) or "none"
            raise runs.Refused(
                f"--mode={config.mode} needs GAN step {at}, and the checkpoints in "
                f"{str(run.workdir)!r} are of steps {known}: choose one of them by "
                "--ckpt_num, or train it first with --mode=train"
                + "".join(f"; {sentence}" for sentence in damaged)
            )
        for kind in planar_setting.KINDS:
            goal, _ = config.tuning(kind)
            loop = planar_training.checkpoints(setting, f"{kind}-g{at}")
            reached = max(loop.steps(), default=0)
            if config.mode in ("all", kind) and reached > goal:
                raise runs.Refused(
                    f"--{kind}_iters={goal}, but D in {str(run.workdir)!r} has been "
                    f"through {reached} steps: ask for those or more, or take another "
                    "--workdir"
                )
    return damaged
