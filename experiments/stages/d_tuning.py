"""Calibrating and shaping D, and drawing with what comes of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np

import tf_collab as tc
from experiments.rundir import monitor, recovery
from experiments.stages import (
    gan_training,
    measuring,
    phase_loop,
    provenance,
    records,
)
from experiments.stages.setting import Setting

__all__ = ["POLICIES", "Tuned", "tune_and_draw"]

POLICIES: dict[str, Callable[..., tc.base.Policy]] = {
    "ladam": tc.policies.ladam,
    "adam": tc.policies.adam,
    "momentum": tc.policies.momentum,
    "sgd": tc.policies.sgd,
}

SOME = 64  # samples, enough to tell a rate's order of magnitude


class Tuned(NamedTuple):
    """What became of one GAN, for the pictures."""

    judges: dict[str, tc.GAN]  # by the name of their D: trained, calibrated, shaped
    d_steps: dict[str, int]  # that those D have been through
    policy: tc.base.Policy
    move: dict[str, Any]  # layer, steps and bounds of refinement


def tune_and_draw(setting: Setting, at: int) -> None:
    """Both D loops from one trained GAN, with the samplers that ask each D."""
    run, config, study = setting.run, setting.config, setting.study
    gan = study.gan
    calibrated, shaped = (
        gan._replace(discriminator=tc.models.thaw(tc.models.copy(gan.discriminator)))
        for _ in range(2)
    )
    if not gan.discriminator.trainable_variables:
        run.log("the discriminator is frozen as a whole; the copies to tune are not")
    policy = POLICIES[config.rollout_method](config.rollout_rate)
    depth = gan.generator.depth
    layer = depth if config.layer is None else config.layer
    bounds = study.bounds if layer == depth else None
    move = {"layer": layer, "steps": config.rollout_steps, "bounds": bounds}
    options: dict = {**move, "stop": config.stop, "xla": setting.xla}
    refine = tc.sampling.refine(shaped, policy, **options)
    explore = tc.sampling.refine(shaped, policy, **options, pick="random")

    def suite(calibrated, shaped):
        rejector = tc.sampling.drs(
            calibrated,
            percentile=config.drs_percentile,
            per_batch=config.drs_per_batch,
            burn_in=min(10_000, config.num_samples),
        )
        return tc.sampling.suite(
            calibrated, shaped, refine, rejector=rejector, thin=config.mh_thin
        )

    if config.mode != "calibrate" and (remark := _on_rate(setting, layer)):
        run.log(remark)
    judges, d_steps = {"trained": gan}, {}
    loops: tuple = (
        ("calibrate", "calibrated", calibrated, tc.sampling.direct(calibrated)),
        ("shape", "shaped", shaped, explore),
    )
    if gan.objective.log_ratio is not None:
        lasting = suite(calibrated, shaped)
        samplers = lambda kind: lasting
    else:  # what DRS and MH need is fitted to D as it is each time
        proposing = {
            "calibrate": (calibrated, tc.sampling.direct(calibrated)),
            "shape": (shaped, refine),
        }

        def samplers(kind):
            fitted = _fitted(setting, *proposing[kind])
            return suite(fitted, fitted)  # only those of its kind are asked for

    for kind, name, tuned, proposer in loops:
        d_steps[name] = _tune(setting, kind, at, tuned, proposer, samplers)
        if d_steps[name]:
            judges[name] = tuned
            file = f"discriminator-{name}-g{at}-d{d_steps[name]}"
            setting.export(file, tuned.discriminator, study.held_out)
    study.figures(setting, at, Tuned(judges, d_steps, policy, move))


def _on_rate(setting, layer) -> str | None:
    """A sentence where the rate is a hundred times off: rates do not carry over.

    Twenty steps by so little stay within a hundredth of the layer's spread.
    """
    config, study = setting.config, setting.study
    some = study.held_out[:SOME]
    real = tc.Scored(some, setting.score(study.gan, some))
    make_policy = POLICIES[config.rollout_method]
    try:
        usual = tc.sampling.suggest_rate(
            study.gan, make_policy, layer=layer, real=real, n=SOME
        )
    except ValueError:  # a D that gives no gradient to tell it by
        return None
    if usual / 100 <= config.rollout_rate <= 100 * usual:
        return None
    little = "hardly moves" if config.rollout_rate < usual else "overshoots"
    return (
        f"--rollout_rate={config.rollout_rate:g} {little} here: a first step of 2 % of "
        f"the spread of layer {layer} takes {usual:.2g}"
    )


def _fitted(setting, gan, proposer) -> tc.GAN:
    """With Platt's calibrator, on half of the held-out reals and as many proposals."""
    some, _ = tc.calibrators.halves(setting.study.held_out)
    real = tc.Scored(some, setting.score(gan, some))
    _, seed = tc.seeds.split(setting.seeds["probe"])
    sampler = tc.sampling.compose(proposer, tc.sampling.always())
    fake = tc.sampling.draw(
        sampler,
        gan.prior,
        len(real.score),
        real=real,
        batch=min(setting.study.rows, len(real.score)),
        seed=seed,
    )
    calibrator = tc.calibrators.platt(real.score.numpy(), fake.score)
    return gan._replace(calibrator=calibrator)


def _tune(setting, kind, at, tuned, proposer, samplers) -> int:
    """One D loop, as far as the mode asks for it; the steps this D has been through."""
    run, config, study = setting.run, setting.config, setting.study
    phase, (goal, rate) = f"{kind}-g{at}", config.tuning(kind)
    data = provenance.record(study.digest)
    begun = {name: flags | data for name, flags in records.depends(config).items()}
    optimizers = {"adam": study.adam, "sgd": keras.optimizers.SGD}
    optimizer = optimizers[config.tune_optimizer](rate)
    step = tc.training.tune_step(tuned, proposer, optimizer, xla=setting.xla)
    checkpoints = gan_training.checkpoints(
        setting, phase, discriminator=tuned.discriminator, optimizer=optimizer
    )
    there = checkpoints.sound(run.log)
    first = max(there, default=0)
    if config.mode not in ("all", "sample", kind):
        return checkpoints.restore() or 0
    z = tuned.prior(min(1000, config.num_samples), setting.seeds["probe"])
    watch = monitor.Monitor(
        run,
        phase,
        since=first or -1,
        probe=lambda: measuring.opinions(setting, tuned, z),
    )

    asked = [name for name in records.KINDS[kind] if name in config.methods]

    def evaluate(d_step, names=asked):
        if not np.isfinite(setting.score(tuned, study.held_out)).all():
            raise FloatingPointError(f"D's scores are not finite at step {d_step}")
        measuring.evaluate(setting, kind, at, d_step, samplers, watch, names)

    before = [name for name in asked if f"sample-{name}-g{at}" in run.phases]
    for name in asked:
        run.begin(f"sample-{name}-g{at}", begun[f"sample-{name}-g{at}"])
    for d_step, names in recovery.lost_steps(run, at, before, there).items():
        if d_step in (0, *there):
            if d_step:
                checkpoints.restore(d_step)
            evaluate(d_step, names)
    checkpoints.restore()
    if config.mode == "sample":
        goal = first
    else:
        run.begin(phase, begun[phase])
        phase_loop.carry_out(
            run,
            phase,
            step,
            study.batch_at,
            goal,
            first=first,
            seed=setting.seeds[kind],
            checkpoints=checkpoints,
            watch=watch,
            save_every=config.save_every,
            every=50,
            evaluate=evaluate,
        )
    evaluate(goal)  # with methods that were not asked for before
    watch.flush()
    return goal
