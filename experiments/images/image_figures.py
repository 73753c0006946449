"""The pictures of a run on images."""

from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib import figure

import tf_collab as tc
from experiments.rundir import monitor, pictures, run_folder
from experiments.stages import d_tuning, data, samplers
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import archives, atomic, metrics, plots

__all__ = ["in_company", "look", "picture", "show"]

SHOWN = 64  # samples in a grid
COLUMNS = 10  # samples in a strip
ROWS = 6  # samples whose refinement is shown step by step
LIMITS = (-1.0, 1.0)  # black and white, whatever a net that is young reaches


def picture(step: int) -> str:
    """The figure of a look at training."""
    return f"training-g{step}"


def look(
    run: run_folder.Run, watch: monitor.Monitor, step: int, x: Any
) -> dict[str, float]:
    """Training's samples, in TensorBoard and as figures/training-gSTEP.png."""
    x, label = x if isinstance(x, tuple) else (x, None)
    figure = _grid(x, label, f"standard, GAN step {step}")
    pictures.show(run, watch, step, "samples", figure, picture(step))
    return {}


def show(session: Session, gan: tc.GAN, task: Task, tuned: d_tuning.Tuned) -> None:
    """Samples of every method, and what refinement does to the same z."""
    album = pictures.Album(session.run, tuned.gan_step, tuned.d_steps)
    if album.is_due:
        with album:
            _show(session, gan, task, tuned, album)
    if session.config.mode == "sample":
        _png_files(session.run, tuned.gan_step)


def _show(
    session: Session,
    gan: tc.GAN,
    task: Task,
    tuned: d_tuning.Tuned,
    album: pictures.Album,
) -> None:
    for name, file in album.samples().items():
        figure = _grid(file["x"], file.get("label"), name)
        album.show(f"samples-{name}", figure)
    held_out = task.held_out
    z = gan.prior(min(1000, session.config.num_samples), session.seeds["probe"])
    bins, plain = {}, task.generate(gan, z)
    real = np.repeat([1.0, 0.0], [data.count(held_out), data.count(plain)])
    for name, judge in tuned.judges.items():
        if name != "calibrated":  # which nothing is refined with
            refined, path = _refined(judge, tuned.refinement, z, held_out)
            shown = data.without_label(plain).numpy()
            _show_refined(album, name, shown, refined, path)
            scores = {
                "real": task.score(judge, held_out).numpy(),
                "standard": task.score(judge, plain).numpy(),
                "refinement": refined.score.numpy(),
            }
            title = f"score of the {name} D"
            album.show(f"scores-{name}", plots.histograms(scores, label=title))
            kinds = {f"score/{name}-{kind}": v for kind, v in scores.items()}
            album.watch.histograms(tuned.gan_step, kinds)
        if judge.objective.log_ratio is not None:
            both = tf.nest.map_structure(
                lambda *parts: tf.concat(parts, axis=0), held_out, plain
            )
            ratio = judge.log_ratio(task.score(judge, both))
            prob = tf.sigmoid(tf.cast(ratio, tf.float64)).numpy()
            bins[name] = metrics.reliability_bins(prob, real)
    if bins:
        title = "D on reals and plain samples"
        album.show("reliability", plots.reliability(bins, title=title))


def _show_refined(
    album: pictures.Album,
    name: str,
    plain: np.ndarray,
    refined: tc.Scored,
    path: tc.Scored,
) -> None:
    """Samples before and after, and some of them step by step."""
    pair = plain[:COLUMNS], data.without_label(refined.x).numpy()[:COLUMNS]
    titles = ("standard", f"refined by\nthe {name} D")
    strip = plots.strip(*pair, titles=titles, limits=LIMITS)
    album.show(f"strip-{name}", strip)
    steps = np.unique(np.linspace(0, len(path.score) - 1, 5).astype(int)).tolist()
    x, score = data.without_label(path.x).numpy()[steps], path.score.numpy()[steps]
    walk = plots.walk(x[:, :ROWS], score[:, :ROWS], steps=steps, limits=LIMITS)
    album.show(f"steps-{name}", walk)


def _refined(
    judge: tc.GAN, refinement: samplers.Refinement, z: Any, held_out: Any
) -> tuple[tc.Scored, tc.Scored]:
    """z refined with one D, and the path of its first samples."""
    real = judge.scored(data.taken(held_out, slice(1000)))
    refine = tc.sampling.refine(judge, refinement.policy, **refinement.move)
    compiled = tc.cpu.graph(refine.step)
    seed = tc.seeds.as_seed(0)  # picking the best asks for no random number
    refined, _, _ = compiled(seed, z, refine.init(seed, z, real))
    return refined, refinement.path(judge, in_company(judge, z, ROWS, SHOWN), real)


def in_company(judge: tc.GAN, z: Any, few: int, many: int) -> Any:
    """The first few of z, or many where a sample's score depends on its batch."""
    return data.taken(z, slice(many if judge.batch_statistics else few))


def _grid(x: np.ndarray, label: np.ndarray | None, title: str) -> figure.Figure:
    """The first samples in a square, or with labels a row of each of these."""
    columns, blank = None, np.zeros(SHOWN, bool)[: len(x)]
    rows = np.arange(len(blank))
    if label is not None:
        places = [np.flatnonzero(label == k)[:COLUMNS] for k in range(label.max() + 1)]
        short = [
            np.pad(at, (0, COLUMNS - len(at)), constant_values=-1) for at in places
        ]
        rows, columns = np.concatenate(short), COLUMNS
        blank, title = rows < 0, f"{title}, a row for each label"
    shown = x[rows] if x.dtype.kind == "f" else np.asarray(tc.data.to_float(x[rows]))
    shown = np.where(blank[:, None, None, None], np.float32(1.0), shown)
    return plots.grid(shown, columns=columns, title=title, limits=LIMITS)


def _png_files(run: run_folder.Run, at: int) -> None:
    """Each set of samples as files, beside its .npz; there whole or not at all."""
    for file in sorted(run.at("samples").glob(f"*-g{at}-d*.npz")):
        folder = file.with_suffix("")
        if folder.exists():
            continue
        try:
            x = archives.arrays(file, ["x"], what="file of samples")["x"]
        except (ValueError, KeyError) as error:
            run.log(f"{str(file)!r} is not drawn: {error}")
            continue
        draft = run.folder(f"samples/{atomic.PREFIX}{folder.name}")
        for left in draft.glob("[0-9]" * 6 + ".png"):  # by a process that was killed
            left.unlink()
        for index, pixels in enumerate(x):
            encoded = tf.io.encode_png(pixels).numpy()
            (draft / f"{index:06d}.png").write_bytes(encoded)
        draft.rename(folder)
