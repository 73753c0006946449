"""The pictures of a 2-D run."""

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.points.targets import Target
from experiments.rundir import pictures
from experiments.stages import d_tuning
from experiments.stages.sessions import Session
from tf_collab import metrics, plots

__all__ = ["show"]

GRID = 200  # points on a side of D's landscape


def show(session: Session, target: Target, tuned: d_tuning.Tuned) -> None:
    """The paper's pictures of one GAN step, with each D that there is.

    Samples are those of the last result lines; paths are the first of the shaped D.
    """
    album = pictures.Album(session.run, tuned.gan_step, tuned.d_steps)
    if album.is_due:
        with album:
            _show(session, target, tuned, album)


def _show(
    session: Session, target: Target, tuned: d_tuning.Tuned, album: pictures.Album
) -> None:
    real, limits = target.reference, (-target.limit, target.limit)
    some = real[:500]
    held_out, judges = target.task.held_out, tuned.judges
    samples = album.samples()
    if samples:
        points = {name: file["x"] for name, file in samples.items()}
        figure = plots.comparison(
            points, real, limits=limits, kinds=("scatter", "density")
        )
        album.show("samples", figure)
    plane = plots.plane(limits, GRID).astype("float32")
    z = judges["trained"].prior(session.config.num_samples, session.seeds["probe"])
    plain = judges["trained"].generator(z)
    label = np.repeat([1.0, 0.0], [len(held_out), len(plain)])
    bins = {}
    ratio = judges["trained"].objective.log_ratio is not None
    for name, judge in judges.items() if ratio else ():
        prob = _probability(judge, plane).reshape(GRID, GRID)
        landscape = plots.landscape(prob, some, limits=limits, title=f"{name} D")
        album.show(f"landscape-{name}", landscape)
        both = tf.concat([held_out, plain], axis=0)
        bins[name] = metrics.reliability_bins(_probability(judge, both), label)
    if bins:
        title = "D on reals and plain samples"
        album.show("reliability", plots.reliability(bins, title=title))
    if "shaped" in judges:
        shaped = judges["shaped"]
        walk = tuned.refinement.path(shaped, z[:200], shaped.scored(held_out))
        figure = plots.paths(
            walk.x.numpy(), real=some, limits=limits, title="refinement by the shaped D"
        )
        album.show("paths", figure)
        scores = {
            "real": shaped.scored(held_out).score.numpy(),
            "standard": shaped.scored(plain).score.numpy(),
        }
        if "refinement" in samples:
            scores["refinement"] = samples["refinement"]["score"]
        album.show("scores", plots.histograms(scores, label="score of the shaped D"))
        kinds = {f"score/{name}": v for name, v in scores.items()}
        album.watch.histograms(tuned.gan_step, kinds)


def _probability(judge: tc.GAN, x: np.ndarray | tf.Tensor) -> np.ndarray:
    score = judge.scored(x).score
    return tf.sigmoid(tf.cast(judge.log_ratio(score), tf.float64)).numpy()
