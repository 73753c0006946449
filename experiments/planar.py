"""The 2-D experiment: train, calibrate, shape, sample, score."""

import dataclasses
import os
import pathlib
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import keras
import tensorflow as tf

import tf_collab as tc
from experiments import mog2d, monitor, phases, planar_gans, planar_scores, report, runs

__all__ = ["run"]

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
    batch_at: Callable[[tf.Tensor], tf.Tensor]  # step -> [batch, 2]
    seeds: dict[str, tf.Tensor]
    held_out: tf.Tensor  # [num_samples, 2], reals that the samplers may look at
    reference: tf.Tensor  # [num_samples, 2], reals that the metrics compare with
    xla: bool | None


def run(config: mog2d.Config) -> None:
    """One run for each seed; prints the table over them."""
    seeds = (config.seed,) if config.seeds is None else dict.fromkeys(config.seeds)
    lines = []
    for seed in seeds:
        folder = config.workdir
        if config.seeds is not None:
            base = folder or os.path.join("runs", "mog2d")
            folder = os.path.join(base, f"{config.dataset}-s{seed}")
        lines += _run(
            dataclasses.replace(config, seed=seed, seeds=None, workdir=folder)
        )
    print(report.table(lines, config.gan_steps, config.methods))


def _run(config: mog2d.Config) -> list[dict]:
    folder = config.workdir or runs.default_workdir(
        "mog2d", config.dataset, config.seed
    )
    with runs.Run(folder, config, experiment="mog2d", resume=config.resume) as run:
        for phase, flags in _depends(config).items():
            run.check(phase, flags)
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(config.precision)
        try:
            setting = _setting(run, config)
            gan = planar_gans.make(config)
        finally:
            keras.config.set_dtype_policy(before)
        notes = _check(setting, gan)
        train, checkpoints = _training(setting, gan)
        _refuse_missing(run, config, checkpoints)
        for note in (_machine(setting, gan), *notes):
            run.log(note)
        if config.mode in ("all", "train"):
            train()
        for at in config.gan_steps:
            if not config.imported:
                checkpoints.restore(at)
                planar_gans.export(run, gan, at)
            if config.mode != "train":
                _tune_and_draw(setting, gan, at)
        planar_scores.summary(run, config)
        return run.results.lines()


def _setting(run, config):
    sizes = {} if config.scale is None else {"scale": config.scale}
    if config.dataset == "Imbal-8Gaussians":
        sizes["ratio"] = config.ratio
    target = tc.data.MIXTURES[config.dataset](**sizes)
    names = ("data", "train", "calibrate", "shape", "draw", "eval")
    seeds = dict(zip(names, tc.seeds.split(tc.seeds.as_seed(config.seed), 6)))
    held_out, reference = (
        target.batch(config.num_samples, seed) for seed in tc.seeds.split(seeds["eval"])
    )

    def batch_at(step):
        return target.batch(config.batch_size, tc.seeds.fold_in(seeds["data"], step))

    xla = {"auto": None, "on": True, "off": False}[config.xla]
    return Setting(run, config, target, batch_at, seeds, held_out, reference, xla)


def _check(setting, gan):
    """Warnings about somebody else's nets; a net that cannot work is refused."""
    config, depth = setting.config, gan.generator.depth
    if (config.collab_layer or 0) > depth:
        raise runs.Refused(
            f"--collab_layer={config.collab_layer} is not one of 0 to {depth}, "
            "the generator's layers"
        )
    if not config.imported:
        return []
    try:
        return tc.checks.check(gan, setting.held_out)
    except ValueError as error:
        raise runs.Refused(f"this GAN cannot be sampled: {error}") from None


def _depends(config: mog2d.Config) -> dict[str, dict[str, Any]]:
    """The flags that each phase stands on."""
    picked = lambda *names: {name: getattr(config, name) for name in names}
    data = picked("dataset", "ratio", "scale", "batch_size", "seed", "precision", "xla")
    if config.imported:
        source = picked("init_checkpoint", "generator", "discriminator")
        made = data | source
        if config.init_checkpoint:
            made |= picked("nhidden", "nlayers")
        depends = {}
    else:
        made = data | picked("nhidden", "nlayers", "lrg")
        if config.mode not in ("calibrate", "shape"):  # there it is the D loop's
            made["lrd"] = config.lr_train
        depends = {"train": made}
    move = picked("rollout_method", "rollout_rate", "rollout_steps", "collab_layer")
    move |= picked("stop")
    for at in config.gan_steps:
        for kind, methods in KINDS.items():
            rate = {f"lr_{kind}": config.tuning(kind)[1]}
            flags = made | rate | (move if kind == "shape" else {})
            if config.mode in ("all", kind):
                depends[f"{kind}-g{at}"] = flags
            for name in methods:
                drawn = picked("num_samples")
                if name == "rejection":
                    drawn |= picked("drs_percentile", "drs_per_batch")
                if name in ("hastings", "collaborative"):
                    drawn |= picked("mh_thin")
                if name in config.methods and config.mode in ("all", "sample", kind):
                    depends[f"sample-{name}-g{at}"] = drawn
    return depends


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


def _training(setting, gan):
    """What trains the GAN up to its goal, and its checkpoints."""
    run, config = setting.run, setting.config
    g, d = gan.generator, gan.discriminator
    g_opt = keras.optimizers.SGD(config.lrg)
    d_opt = keras.optimizers.SGD(config.lr_train)
    step = tc.training.train_step(gan, g_opt, d_opt, xla=setting.xla)
    checkpoints = _checkpoints(
        setting, "train", generator=g, discriminator=d, g_opt=g_opt, d_opt=d_opt
    )
    z = gan.prior(1000, setting.seeds["eval"])

    def probe():
        real, fake = d(setting.held_out[:1000]), d(g(z))
        return {
            "D_real": float(tf.reduce_mean(tf.sigmoid(real))),
            "D_fake": float(tf.reduce_mean(tf.sigmoid(fake))),
        }

    def train():
        goal = max(config.gan_goal, *config.gan_steps)
        if config.imported or max(checkpoints.steps(), default=0) >= goal:
            return
        run.begin("train", _depends(config)["train"])
        watch = monitor.Monitor(run, "train", probe=probe)
        watch.flags(config)

        def evaluate(done):
            x = g(gan.prior(config.num_samples, setting.seeds["draw"])).numpy()
            watch.metrics(done, planar_scores.measure(setting, x))

        phases.carry_out(
            run,
            "train",
            step,
            setting.batch_at,
            goal,
            seed=setting.seeds["train"],
            checkpoints=checkpoints,
            watch=watch,
            save_every=config.eval_every,
            evaluate=evaluate,
        )

    return train, checkpoints


def _refuse_missing(run, config, checkpoints):
    """Refuses GAN steps that have no checkpoint and will get none."""
    there = checkpoints.steps()
    for at in () if config.imported else config.gan_steps:
        passed = at < max(there, default=0)
        if at in there or (config.mode in ("all", "train") and not passed):
            continue
        how = "take another --workdir" if passed else "train it first, --mode=train"
        known = ", ".join(map(str, there)) or "none"
        raise runs.Refused(
            f"--ckpt_num={at} with --mode={config.mode}, but the checkpoints in "
            f"{str(run.workdir)!r} are of steps {known}: {how}"
        )


def _tune_and_draw(setting, gan, at):
    """Both D loops from one trained GAN, with the samplers that ask each D."""
    run, config = setting.run, setting.config
    calibrated, shaped = (
        gan._replace(discriminator=tc.models.copy(gan.discriminator)) for _ in range(2)
    )
    policy = getattr(tc.policies, config.rollout_method)(config.rollout_rate)
    layer = gan.generator.depth if config.collab_layer is None else config.collab_layer
    move = {"layer": layer, "steps": config.rollout_steps, "stop": config.stop}
    refine = tc.sampling.refine(shaped, policy, **move, xla=setting.xla)
    explore = tc.sampling.refine(shaped, policy, **move, pick="random", xla=setting.xla)
    suite = tc.sampling.suite(
        calibrated,
        shaped,
        refine,
        rejector=tc.sampling.drs(
            calibrated,
            percentile=config.drs_percentile,
            per_batch=config.drs_per_batch and config.drs_percentile is not None,
        ),
        thin=config.mh_thin,
    )
    for kind, tuned, proposer in (
        ("calibrate", calibrated, tc.sampling.direct(calibrated)),
        ("shape", shaped, explore),
    ):
        if config.mode not in ("all", "sample", kind):
            continue
        phase = f"{kind}-g{at}"
        goal, rate = config.tuning(kind)
        optimizer = keras.optimizers.SGD(rate)
        step = tc.training.tune_step(tuned, proposer, optimizer, xla=setting.xla)
        checkpoints = _checkpoints(
            setting, phase, discriminator=tuned.discriminator, optimizer=optimizer
        )
        watch = monitor.Monitor(run, phase)
        methods = {name: suite[name] for name in KINDS[kind]}

        def evaluate(d_step, kind=kind, methods=methods, watch=watch):
            planar_scores.evaluate(setting, kind, at, d_step, methods, watch)

        for name in sorted(set(methods) & set(config.methods)):
            drawn = f"sample-{name}-g{at}"
            run.begin(drawn, _depends(config)[drawn])
        if config.mode == "sample":
            evaluate(checkpoints.restore(warn=run.log) or 0)
            watch.flush()
            continue
        run.begin(phase, _depends(config)[phase])
        phases.carry_out(
            run,
            phase,
            step,
            setting.batch_at,
            goal,
            seed=setting.seeds[kind],
            checkpoints=checkpoints,
            watch=watch,
            save_every=config.eval_every,
            every=50,
            evaluate=evaluate,
        )
        evaluate(goal)  # with methods that were not asked for before
        watch.flush()
    planar_scores.figures(setting, at, gan, calibrated, shaped, policy, move)
