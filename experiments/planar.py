"""The 2-D experiment: train, calibrate, shape, sample, score."""

import dataclasses
import os
import pathlib
from typing import NamedTuple

import keras
import tensorflow as tf

import tf_collab as tc
from experiments import (
    mog2d,
    monitor,
    phases,
    planar_figures,
    planar_gans,
    planar_scores,
    planar_setting,
    report,
    runs,
)

__all__ = ["run"]

POLICIES = {
    "ladam": tc.policies.ladam,
    "adam": tc.policies.adam,
    "momentum": tc.policies.momentum,
    "sgd": tc.policies.sgd,
}


def run(config: mog2d.Config) -> None:
    """One run for each seed; prints the table over them."""
    seeds = (config.seed,) if config.seeds is None else dict.fromkeys(config.seeds)
    lines = []
    for seed in seeds:
        folder = config.workdir
        if config.seeds is not None:
            base = folder or os.path.join("runs", "mog2d")
            folder = os.path.join(base, f"{config.dataset}-s{seed}")
        one = dataclasses.replace(config, seed=seed, seeds=None, workdir=folder)
        lines += _run(one)
    if config.mode != "train":
        print(report.table(lines, config.gan_steps, config.methods))


def _run(config: mog2d.Config) -> list[dict]:
    kind = "imported-" if config.imported else ""
    folder = config.workdir or runs.default_workdir(
        "mog2d", f"{kind}{config.dataset}", config.seed
    )
    with runs.Run(folder, config, experiment="mog2d", resume=config.resume) as run:
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
        training = _training(setting, gan)
        _refuse_impossible(setting, training.checkpoints)
        if not run.phases:
            watch = monitor.Monitor(run, ".")
            watch.flags(config)
            watch.flush()
        for note in (_machine(setting, gan), *notes):
            run.log(note)
        run.folder("checkpoints")
        if config.mode in ("all", "train") and not config.imported:
            _train(setting, gan, training)
        for at in config.gan_steps:
            if not config.imported:
                training.checkpoints.restore(at)
                planar_gans.export(run, gan, at)
            if config.mode != "train":
                _tune_and_draw(setting, gan, at)
        planar_figures.summary(run, config)
        return run.results.lines()


def _machine(setting, gan):
    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU" if gpus else f"CPU, {os.cpu_count()} cores"
    xla = setting.xla
    if xla is None:
        xla = tc.compilation.worthwhile(gan.generator, gan.discriminator)
    return f"{device}; XLA {'on' if xla else 'off'}; {setting.config.precision}"


def _checkpoints(setting, phase, **objects):
    folder = pathlib.Path(setting.run.workdir, "checkpoints", phase)
    steps = setting.config.gan_steps if phase == "train" else ()
    return tc.training.Checkpoints(folder, milestones=steps, **objects)


class Training(NamedTuple):
    """What trains the GAN."""

    g_opt: keras.optimizers.Optimizer
    d_opt: keras.optimizers.Optimizer
    checkpoints: tc.training.Checkpoints


def _training(setting, gan):
    config = setting.config
    g_opt, d_opt = (keras.optimizers.SGD(r) for r in (config.lrg, config.lr_train))
    nets = {"generator": gan.generator, "discriminator": gan.discriminator}
    checkpoints = _checkpoints(setting, "train", **nets, g_opt=g_opt, d_opt=d_opt)
    return Training(g_opt, d_opt, checkpoints)


def _refuse_impossible(setting, checkpoints):
    """Refuses what only shows in the checkpoints, before anything is done."""
    run, config = setting.run, setting.config
    there = checkpoints.steps()
    for at in config.gan_steps:
        will_be = config.imported or config.mode in ("all", "train")
        if not will_be and at not in there:
            known = ", ".join(map(str, there)) or "none"
            raise runs.Refused(
                f"--mode={config.mode} needs GAN step {at}, and the checkpoints in "
                f"{str(run.workdir)!r} are of steps {known}: train it first, with "
                "--mode=train"
            )
        for kind in planar_setting.KINDS:
            goal, _ = config.tuning(kind)
            reached = max(_checkpoints(setting, f"{kind}-g{at}").steps(), default=0)
            if config.mode in ("all", kind) and reached > goal:
                raise runs.Refused(
                    f"--{kind}_iters={goal}, but D in {str(run.workdir)!r} has been "
                    f"through {reached} steps: ask for those or more, or take another "
                    "--workdir"
                )


def _train(setting, gan, training):
    """Trains to every GAN step that has no checkpoint, from the newest one before."""
    run, config, checkpoints = setting.run, setting.config, training.checkpoints
    there = checkpoints.sound(run.log)
    missing = sorted({config.gan_goal, *config.gan_steps} - {*there})
    if not missing:
        return
    run.begin("train", planar_setting.depends(config)["train"])
    g, d = gan.generator, gan.discriminator
    step = tc.training.train_step(gan, training.g_opt, training.d_opt, xla=setting.xla)
    first = max((at for at in there if at < missing[0]), default=0)
    if first:
        checkpoints.restore(first)
    z = gan.prior(config.num_samples, setting.seeds["probe"])
    watch = monitor.Monitor(
        run,
        "train",
        since=max(there, default=-1),
        probe=lambda: planar_scores.probabilities(setting, gan, z[:1000]),
    )

    def evaluate(done):
        watch.metrics(done, planar_scores.measure(setting, g(z).numpy(), done))
        watch.histograms(done, {"score/real": d(setting.held_out)})

    phases.carry_out(
        run,
        "train",
        step,
        setting.batch_at,
        missing[-1],
        first=first,
        seed=setting.seeds["train"],
        checkpoints=checkpoints,
        watch=watch,
        save_every=config.eval_every,
        evaluate=evaluate,
    )


def _tune_and_draw(setting, gan, at):
    """Both D loops from one trained GAN, with the samplers that ask each D."""
    config = setting.config
    calibrated, shaped = (
        gan._replace(discriminator=tc.models.copy(gan.discriminator)) for _ in range(2)
    )
    policy = POLICIES[config.rollout_method](config.rollout_rate)
    layer = gan.generator.depth if config.collab_layer is None else config.collab_layer
    move = {"layer": layer, "steps": config.rollout_steps}
    options = {**move, "stop": config.stop, "xla": setting.xla}
    suite = tc.sampling.suite(
        calibrated,
        shaped,
        tc.sampling.refine(shaped, policy, **options),
        rejector=tc.sampling.drs(
            calibrated,
            percentile=config.drs_percentile,
            per_batch=config.drs_per_batch,
        ),
        thin=config.mh_thin,
    )
    explore = tc.sampling.refine(shaped, policy, **options, pick="random")
    judges = {"trained": gan}
    for kind, name, tuned, proposer in (
        ("calibrate", "calibrated", calibrated, tc.sampling.direct(calibrated)),
        ("shape", "shaped", shaped, explore),
    ):
        methods = {method: suite[method] for method in planar_setting.KINDS[kind]}
        if _tune(setting, kind, at, tuned, proposer, methods):
            judges[name] = tuned
    planar_figures.figures(setting, at, judges, policy, move)


def _tune(setting, kind, at, tuned, proposer, methods) -> bool:
    """One D loop, as far as the mode asks for it; whether this D is tuned."""
    run, config = setting.run, setting.config
    phase, (goal, rate) = f"{kind}-g{at}", config.tuning(kind)
    depends = planar_setting.depends(config)
    optimizer = keras.optimizers.SGD(rate)
    step = tc.training.tune_step(tuned, proposer, optimizer, xla=setting.xla)
    checkpoints = _checkpoints(
        setting, phase, discriminator=tuned.discriminator, optimizer=optimizer
    )
    first = checkpoints.restore(warn=run.log) or 0
    if config.mode not in ("all", "sample", kind):
        return first > 0
    z = tuned.prior(1000, setting.seeds["probe"])
    watch = monitor.Monitor(
        run,
        phase,
        since=first or -1,
        probe=lambda: planar_scores.probabilities(setting, tuned, z),
    )

    def evaluate(d_step):
        planar_scores.evaluate(setting, kind, at, d_step, methods, watch)

    for name in methods:
        if name in config.methods:
            run.begin(f"sample-{name}-g{at}", depends[f"sample-{name}-g{at}"])
    if config.mode == "sample":
        goal = first
    else:
        run.begin(phase, depends[phase])
        phases.carry_out(
            run,
            phase,
            step,
            setting.batch_at,
            goal,
            first=first,
            seed=setting.seeds[kind],
            checkpoints=checkpoints,
            watch=watch,
            save_every=config.eval_every,
            every=50,
            evaluate=evaluate,
        )
    evaluate(goal)  # with methods that were not asked for before
    watch.flush()
    return goal > 0
