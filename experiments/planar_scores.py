"""What is measured of samples in the plane."""

from typing import get_args

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments import mog2d
from tf_collab import metrics

__all__ = ["evaluate", "measure", "probabilities"]

CHAINS = 1000  # side by side; each gives several samples, so that it forgets its start
METHODS = get_args(mog2d.Method)


def measure(setting, x: np.ndarray, step: int) -> dict:
    """The metrics of samples [n, 2] against the reference reals."""
    if not np.isfinite(x).all():
        raise FloatingPointError(f"samples are not finite at step {step}")
    if not isinstance(setting.target, tc.data.Mixture):
        distance = metrics.sliced_wasserstein(x, setting.reference.numpy())
        return {"sliced_wasserstein": distance}
    return metrics.mode_coverage(x, setting.target, real=setting.reference.numpy())


def probabilities(setting, gan: tc.GAN, z: tf.Tensor) -> dict[str, float]:
    """D's mean probability of reals and of plain samples, as the curves show it."""
    spread = max(1, len(setting.held_out) // 1000)  # they come mode by mode
    parts = {"D_real": setting.held_out[::spread], "D_fake": gan.generator(z)}
    return {
        name: float(tf.reduce_mean(tf.sigmoid(gan.discriminator(x))))
        for name, x in parts.items()
    }


def evaluate(setting, kind: str, at: int, d_step: int, methods: dict, watch) -> None:
    """Draws from the methods of one D and writes a result line for each.

    The first of `methods` takes every proposal; D's calibration is judged on those.
    """
    run, config = setting.run, setting.config
    keys = {
        name: {
            "gan_step": at,
            "d_step": 0 if name == "standard" else d_step,  # it does not ask D
            "method": name,
        }
        for name in methods
    }
    wanted = [
        name
        for name, key in keys.items()
        if name in config.methods and not run.results.has(**key)
    ]
    calibration = None
    for name in methods if wanted else ():
        if name not in wanted and calibration is not None:
            continue
        method, key = methods[name], keys[name]
        asked = key["d_step"] if name in wanted else d_step
        samples, real = _draw(setting, at, asked, name, method)
        if calibration is None:
            calibration = _calibration(method.gan, real.score, samples)
            kinds = {"score/real": real.score, f"score/{name}": samples.score}
            watch.histograms(d_step, kinds)
            watch.metrics(d_step, calibration)
        line = {
            "experiment": "mog2d",
            "dataset": config.dataset,
            "seed": config.seed,
            "phase": kind,
            **key,
            "n": 0 if samples is None else len(samples.x),
            "protocol": _protocol(config, name),
        }
        if samples is None:
            scores = dict.fromkeys(measure(setting, setting.held_out.numpy(), at))
        else:
            scores = measure(setting, samples.x, d_step)
            line |= _cost(samples)
        own = key["d_step"] == d_step
        line |= scores | (calibration if own else dict.fromkeys(calibration))
        watch.metrics(
            d_step, {f"{name}/{metric}": value for metric, value in scores.items()}
        )
        if name in wanted:
            if samples is not None:
                file = f"samples/{name}-g{at}-d{key['d_step']}.npz"
                with run.writing(file) as path:
                    np.savez(path, x=samples.x, score=samples.score)
            run.results.append(line, key=tuple(key))


def _draw(setting, at, d_step, name, method):
    """Samples (None where nearly all are refused) and the reals as this D sees them."""
    config, gan = setting.config, method.gan
    seed = setting.seeds["draw"]
    for part in (at, d_step, METHODS.index(name)):
        seed = tc.seeds.fold_in(seed, part)
    real = gan.scored(setting.held_out)
    chained = name in ("hastings", "collaborative")
    try:
        samples = tc.sampling.draw(
            method.sampler,
            gan.prior,
            config.num_samples,
            real=real,
            batch=min(CHAINS, config.num_samples) if chained else config.num_samples,
            seed=seed,
        )
    except tc.sampling.TooFewKept as few:
        setting.run.log(f"{name} at GAN step {at}, D step {d_step}: {few}")
        samples = None
    return samples, real


def _calibration(gan, real_score, samples):
    real, fake = (
        tf.sigmoid(tf.cast(gan.log_ratio(score), tf.float64)).numpy()
        for score in (real_score, samples.score)
    )
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        raise FloatingPointError("D's scores are not finite")
    return metrics.calibration_report(real, fake)


def _cost(samples):
    """Passes through G and D for each sample kept."""
    names = ("g_forward", "g_backward", "d_forward", "d_backward", "accepted", "capped")
    n = len(samples.x)
    return {"efficiency": samples.efficiency} | {
        name: samples.info[name] / n for name in names if name in samples.info
    }


def _protocol(config, name):
    """What the numbers of a method depend on, in words."""
    parts = ["good<4sd"]
    if name == "rejection":
        rule = f"gamma at {config.drs_percentile}"
        if config.drs_percentile is None:
            rule = "exact"
        parts.append(rule + (" per batch" if config.drs_per_batch else ""))
    if name in ("hastings", "collaborative"):
        parts.append(f"thin {config.mh_thin}")
    if name in ("refinement", "collaborative"):
        layer = (
            "data" if config.collab_layer is None else f"layer {config.collab_layer}"
        )
        stop = "" if config.stop is None else f", stop {config.stop}"
        parts.append(
            f"{config.rollout_method} {config.rollout_rate} x {config.rollout_steps} "
            f"on {layer}{stop}"
        )
    return ", ".join(parts)
