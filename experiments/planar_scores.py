"""What is measured and shown of samples in the plane."""

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments import monitor, report
from tf_collab import metrics, plots

__all__ = ["evaluate", "figures", "measure", "summary"]

CHAINS = 1000  # side by side; each gives several samples, so that it forgets its start


def measure(setting, x: np.ndarray) -> dict:
    """The metrics of samples [n, 2] against the reference reals."""
    if not isinstance(setting.target, tc.data.Mixture):
        distance = metrics.sliced_wasserstein(x, setting.reference.numpy())
        return {"sliced_wasserstein": distance}
    return metrics.mode_coverage(x, setting.target, real=setting.reference.numpy())


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
        samples, real = _draw(setting, at, d_step, name, method)
        if calibration is None:
            calibration = _calibration(method.gan, real.score, samples, watch, d_step)
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
            scores = dict.fromkeys(measure(setting, setting.held_out.numpy()))
        else:
            scores = measure(setting, samples.x)
            line |= _cost(samples, config)
        line |= scores | (calibration if key["d_step"] == d_step else {})
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
    for part in (at, d_step, list(plots.METHOD_COLOURS).index(name)):
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
    except RuntimeError as few:
        setting.run.log(f"{name} at GAN step {at}, D step {d_step}: {few}")
        samples = None
    return samples, real


def _calibration(gan, real_score, samples, watch, d_step):
    real, fake = (
        tf.sigmoid(tf.cast(gan.log_ratio(score), tf.float64)).numpy()
        for score in (real_score, samples.score)
    )
    watch.histograms(d_step, {"score/real": real_score, "score/fake": samples.score})
    return metrics.calibration_report(real, fake)


def _cost(samples, config):
    """Passes through G and D for each sample kept."""
    names = ("g_forward", "g_backward", "d_forward", "d_backward", "accepted", "capped")
    n = len(samples.x)
    return {"efficiency": samples.efficiency} | {
        name: samples.info[name] / n for name in names if name in samples.info
    }


def _protocol(config, name):
    parts = ["good<4sd"]
    if name == "rejection":
        per = " per batch" if config.drs_per_batch else ""
        parts.append(f"gamma={config.drs_percentile}{per}")
    if name in ("hastings", "collaborative"):
        parts.append(f"thin={config.mh_thin}")
    if name in ("refinement", "collaborative"):
        parts.append(
            f"{config.rollout_method} {config.rollout_rate} x {config.rollout_steps}"
        )
    return ", ".join(parts)


def figures(setting, at: int, gan, calibrated, shaped, policy, move) -> None:
    """The paper's pictures of one GAN step."""
    run, config = setting.run, setting.config
    limits = (-setting.target.limit, setting.target.limit)
    real = setting.reference.numpy()
    some = real[:: max(1, len(real) // 500)]  # of all modes: they come mode by mode
    watch = monitor.Monitor(run, f"figures-g{at}")

    def show(name, figure):
        encoded = monitor.png(figure)
        with run.writing(f"figures/{name}-g{at}.png") as path:
            path.write_bytes(encoded)
        watch.image(at, name, encoded)

    lines = [line for line in run.results.lines() if line["gan_step"] == at]
    samples = {}
    for line in report.last_steps(lines):
        if line["n"]:
            name = f"{line['method']}-g{at}-d{line['d_step']}.npz"
            with np.load(run.workdir / "samples" / name, allow_pickle=False) as file:
                samples[line["method"]] = file["x"]
    if samples:
        figure = plots.comparison(
            samples, real, limits=limits, kinds=("scatter", "density")
        )
        show("samples", figure)
    discriminators = {"trained": gan, "calibrated": calibrated, "shaped": shaped}
    plane = plots.plane(limits, 200).astype("float32")
    z = gan.prior(config.num_samples, setting.seeds["eval"])
    plain = gan.generator(z)
    bins: dict = {}
    scores: dict = {}
    for name, judge in discriminators.items():
        prob = tf.sigmoid(judge.log_ratio(judge.discriminator(plane))).numpy()
        show(
            f"landscape-{name}",
            plots.landscape(
                prob.reshape(200, 200), some, limits=limits, title=f"{name} D"
            ),
        )
        both = [judge.discriminator(x).numpy() for x in (setting.held_out, plain)]
        prob = tf.sigmoid(judge.log_ratio(tf.concat(both, 0))).numpy()
        label = np.repeat([1.0, 0.0], config.num_samples)
        bins[name] = metrics.reliability_bins(prob.astype("f8"), label)
        scores |= {f"{name}, real": both[0], f"{name}, plain": both[1]}
    show("reliability", plots.reliability(bins, title="D on reals and plain samples"))
    steps = {key: move[key] for key in ("layer", "steps")}
    visit = tc.sampling.trajectory(shaped, policy, **steps)
    walk = visit(z[:200], shaped.scored(setting.held_out))
    show("paths", plots.paths(walk.x.numpy(), real=some, limits=limits))
    refined = walk.score[-1].numpy()
    shaped_scores = {
        "real": scores["shaped, real"],
        "plain": scores["shaped, plain"],
        "refined": refined,
    }
    show("scores", plots.histograms(shaped_scores, label="score of the shaped D"))
    watch.flush()


def summary(run, config) -> None:
    """The run's table, and metrics against GAN steps and D steps."""
    lines = run.results.lines()
    with run.writing("table.md") as path:
        path.write_text(report.table(lines, config.gan_steps, config.methods) + "\n")
    for name, figure in report.curves(lines):
        with run.writing(f"figures/{name}.png") as path:
            path.write_bytes(monitor.png(figure))
