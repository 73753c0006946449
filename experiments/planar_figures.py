"""The pictures of a 2-D run."""

import json
import zipfile

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments import monitor, planar_scores, report
from tf_collab import metrics, plots

__all__ = ["figures", "summary"]

GRID = 200  # points on a side of D's landscape


def figures(
    setting,
    at: int,
    judges: dict[str, tc.GAN],
    d_steps: dict[str, int],
    policy,
    move: dict,
) -> None:
    """The paper's pictures of one GAN step, with each D that there is.

    Samples are those of the last result lines; paths are the first of the shaped D.
    Nothing is drawn again where no line is new and no D has learned.
    """
    run = setting.run
    lines = [line for line in run.results.lines() if line["gan_step"] == at]
    drawn = [[line["method"], line["d_step"]] for line in lines]
    shown = json.dumps([drawn, d_steps])
    mark = f"figures/shown-g{at}.json"  # written last, so a kill draws all again
    if (run.workdir / mark).exists() and (run.workdir / mark).read_text() == shown:
        return
    limits = (-setting.target.limit, setting.target.limit)
    real = setting.reference.numpy()
    some = real[:: max(1, len(real) // 500)]  # of all modes: they come mode by mode
    watch = monitor.Monitor(run, f"figures-g{at}")

    def show(name, figure):
        encoded = monitor.png(figure)
        with run.writing(f"figures/{name}-g{at}.png") as path:
            path.write_bytes(encoded)
        watch.image(at, name, encoded)

    samples = _samples(run, lines)
    if samples:
        points = {name: file["x"] for name, file in samples.items()}
        kinds = plots.comparison(
            points, real, limits=limits, kinds=("scatter", "density")
        )
        show("samples", kinds)
    plane = plots.plane(limits, GRID).astype("float32")
    z = judges["trained"].prior(setting.config.num_samples, setting.seeds["probe"])
    plain = judges["trained"].generator(z)
    label = np.repeat([1.0, 0.0], [len(setting.held_out), len(plain)])
    bins = {}
    for name, judge in judges.items():
        prob = _probability(judge, plane).reshape(GRID, GRID)
        landscape = plots.landscape(prob, some, limits=limits, title=f"{name} D")
        show(f"landscape-{name}", landscape)
        both = tf.concat([setting.held_out, plain], axis=0)
        bins[name] = metrics.reliability_bins(_probability(judge, both), label)
    show("reliability", plots.reliability(bins, title="D on reals and plain samples"))
    if "shaped" in judges:
        shaped = judges["shaped"]
        walk = tc.sampling.trajectory(shaped, policy, **move)(
            z[:200], shaped.scored(setting.held_out)
        )
        show("paths", plots.paths(walk.x.numpy(), real=some, limits=limits))
        scores = {
            "real": shaped.scored(setting.held_out).score.numpy(),
            "plain": shaped.scored(plain).score.numpy(),
        }
        if "refinement" in samples:
            scores["refined"] = samples["refinement"]["score"]
        show("scores", plots.histograms(scores, label="score of the shaped D"))
        watch.histograms(at, {f"score/{name}": v for name, v in scores.items()})
    watch.flush()
    with run.writing(mark) as path:
        path.write_text(shown)


def summary(run) -> None:
    """The run's table, and metrics against GAN steps and D steps."""
    lines = run.results.lines()
    gan_steps = sorted({line["gan_step"] for line in lines})
    with run.writing("table.md") as path:
        path.write_text(report.table(lines, gan_steps, planar_scores.METHODS) + "\n")
    for name, figure in report.curves(lines):
        with run.writing(f"figures/{name}.png") as path:
            path.write_bytes(monitor.png(figure))


def _samples(run, lines):
    """By method, what was drawn with the most steps of D."""
    found = {}
    for line in report.last_steps(lines):
        if line["n"]:
            name = "{method}-g{gan_step}-d{d_step}.npz".format(**line)
            try:
                path = run.workdir / "samples" / name
                with np.load(path, allow_pickle=False) as file:
                    found[line["method"]] = dict(file)
            except (OSError, ValueError, zipfile.BadZipFile) as error:
                run.log(f"samples/{name} is not shown: {error}")
    return found


def _probability(judge, x):
    score = judge.scored(x).score
    return tf.sigmoid(tf.cast(judge.log_ratio(score), tf.float64)).numpy()
