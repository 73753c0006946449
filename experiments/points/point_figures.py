"""The pictures of a 2-D run."""

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.rundir import pictures
from tf_collab import metrics, plots

__all__ = ["figures"]

GRID = 200  # points on a side of D's landscape


def figures(setting, at: int, tuned, real: np.ndarray, limit: float) -> None:
    """The paper's pictures of one GAN step, with each D that there is.

    Samples are those of the last result lines; paths are the first of the shaped D.
    """
    limits, judges = (-limit, limit), tuned.judges
    held_out = setting.study.held_out
    some = real[:: max(1, len(real) // 500)]  # of all modes: they come mode by mode

    def draw(lines, watch, show):
        samples = pictures.samples(setting.run, lines)
        if samples:
            points = {name: file["x"] for name, file in samples.items()}
            kinds = plots.comparison(
                points, real, limits=limits, kinds=("scatter", "density")
            )
            show("samples", kinds)
        plane = plots.plane(limits, GRID).astype("float32")
        z = judges["trained"].prior(setting.config.num_samples, setting.seeds["probe"])
        plain = judges["trained"].generator(z)
        label = np.repeat([1.0, 0.0], [len(held_out), len(plain)])
        bins = {}
        ratio = judges["trained"].objective.log_ratio is not None
        for name, judge in judges.items() if ratio else ():
            prob = _probability(judge, plane).reshape(GRID, GRID)
            landscape = plots.landscape(prob, some, limits=limits, title=f"{name} D")
            show(f"landscape-{name}", landscape)
            both = tf.concat([held_out, plain], axis=0)
            bins[name] = metrics.reliability_bins(_probability(judge, both), label)
        if bins:
            title = "D on reals and plain samples"
            show("reliability", plots.reliability(bins, title=title))
        if "shaped" in judges:
            shaped = judges["shaped"]
            walk = tc.sampling.trajectory(shaped, tuned.policy, **tuned.move)(
                z[:200], shaped.scored(held_out)
            )
            show("paths", plots.paths(walk.x.numpy(), real=some, limits=limits))
            scores = {
                "real": shaped.scored(held_out).score.numpy(),
                "plain": shaped.scored(plain).score.numpy(),
            }
            if "refinement" in samples:
                scores["refined"] = samples["refinement"]["score"]
            show("scores", plots.histograms(scores, label="score of the shaped D"))
            watch.histograms(at, {f"score/{name}": v for name, v in scores.items()})

    pictures.once(setting, at, tuned.d_steps, draw)


def _probability(judge, x):
    score = judge.scored(x).score
    return tf.sigmoid(tf.cast(judge.log_ratio(score), tf.float64)).numpy()
