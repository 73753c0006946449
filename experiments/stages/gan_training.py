"""Training the GAN of a run, and its checkpoints."""

import re
from typing import NamedTuple

import keras

import tf_collab as tc
from experiments.rundir import jsonl, monitor
from experiments.stages import (
    measuring,
    phase_loop,
    provenance,
    records,
)
from experiments.stages.setting import Setting

__all__ = ["Training", "checkpoints", "prepare", "train"]


class Training(NamedTuple):
    """What trains the GAN."""

    g_opt: keras.optimizers.Optimizer
    d_opt: keras.optimizers.Optimizer
    checkpoints: tc.training.Checkpoints


def prepare(setting: Setting) -> Training:
    """Optimizers and checkpoints; nothing is written or trained yet."""
    study, gan = setting.study, setting.study.gan
    g_opt, d_opt = (
        study.optimizer(study.schedule(rate)) for rate in setting.config.rates
    )
    kept = {"generator": gan.generator, "discriminator": gan.discriminator}
    kept |= {"g_opt": g_opt, "d_opt": d_opt}
    if study.previous is not None:
        kept["previous"] = study.previous
    return Training(g_opt, d_opt, checkpoints(setting, "train", **kept))


def checkpoints(setting: Setting, phase: str, **objects) -> tc.training.Checkpoints:
    """The checkpoints of a phase, which hold `objects` and say whose they are."""
    run, config = setting.run, setting.config
    wanted = re.compile(r"gan-g(\d+)")  # by this command and those before it
    before = filter(None, map(wanted.fullmatch, run.phases))
    steps = {*config.gan_steps, *(int(found[1]) for found in before)}
    flags = records.depends(config).get(phase, {})
    flags |= provenance.record(setting.study.digest) | run.phases.get(phase, {})
    return tc.training.Checkpoints(
        run.at(f"checkpoints/{phase}"),
        milestones=steps if phase == "train" else (),
        mark=flags | {"experiment": config.EXPERIMENT, "phase": phase},
        **objects,
    )


def train(setting: Setting, training: Training) -> None:
    """Trains to every GAN step that has no checkpoint, from the newest one before.

    What training.jsonl has lost is measured again, of the checkpoints that are kept.
    """
    run, config, kept = setting.run, setting.config, training.checkpoints
    study, gan = setting.study, setting.study.gan
    there = kept.sound(run.log)
    missing = sorted({config.gan_goal, *config.gan_steps} - {*there})
    looks = jsonl.Table(run.at("training.jsonl"))

    def key_at(done):
        return {"seed": config.seed, "gan_step": done}

    often = config.save_every, config.show_every or config.save_every
    looked = [
        at for at in there if at in kept.milestones or any(at % n == 0 for n in often)
    ]
    lost = [at for at in (0, *looked) if there and not looks.has(**key_at(at))]
    if not (missing or lost):
        return
    data = provenance.record(study.digest)
    run.begin("train", records.depends(config)["train"] | data)
    for at in config.gan_steps:
        run.begin(f"gan-g{at}", {})
    step = tc.training.train_step(
        gan,
        training.g_opt,
        training.d_opt,
        previous=study.previous,
        xla=setting.xla,
        **study.train_options,
    )
    first = max((at for at in there if missing and at < missing[0]), default=0)
    z = gan.prior(config.show_samples, setting.seeds["probe"])
    watch = monitor.Monitor(
        run,
        "train",
        since=max(there, default=-1),
        probe=lambda: measuring.opinions(setting, gan, z[:1000]),
    )

    def evaluate(done):
        key = key_at(done)
        if done == first > 0 and looks.has(**key):
            return  # it was evaluated before the checkpoint that is restored
        x = setting.generate(gan, z).numpy()
        values, nets = measuring.measured(study, x, done), study.probe(done, x)
        watch.metrics(done, values)
        watch.metrics(done, {f"nets/{name}": value for name, value in nets.items()})
        watch.histograms(done, {"score/real": setting.score(gan, study.held_out)})
        study.show(watch, done, x)
        line = {**key, "n": len(x), **values, **nets}
        looks.append(line, key=tuple(key), place=lambda line: line["gan_step"])

    if 0 in lost and (first or not missing):
        evaluate(0)
    if first:
        kept.restore(first)
    if missing:
        phase_loop.carry_out(
            run,
            "train",
            step,
            study.batch_at,
            missing[-1],
            first=first,
            seed=setting.seeds["train"],
            checkpoints=kept,
            watch=watch,
            save_every=config.save_every,
            show_every=config.show_every,
            evaluate=evaluate,
        )
    for at in lost:
        if not looks.has(**key_at(at)):
            kept.restore(at)
            evaluate(at)
