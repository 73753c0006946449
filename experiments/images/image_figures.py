"""The pictures of a run on images."""

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.rundir import monitor, pictures
from tf_collab import archives, atomic, metrics, plots

__all__ = ["figures", "in_company", "show"]

SHOWN = 64  # samples in a grid
COLUMNS = 10  # samples in a strip
ROWS = 6  # samples whose refinement is shown step by step


def show(run, watch, step: int, x: np.ndarray) -> None:
    """Training's samples, in TensorBoard and as figures/training-gSTEP.png."""
    encoded = monitor.png(plots.grid(x[:SHOWN]))
    with run.writing(f"figures/training-g{step}.png") as path:
        path.write_bytes(encoded)
    watch.image(step, "samples", encoded)


def figures(setting, at: int, tuned) -> None:
    """Samples of every method, and what refinement does to the same z."""
    config, gan = setting.config, setting.study.gan
    held_out = setting.study.held_out
    z = gan.prior(min(1000, config.num_samples), setting.seeds["probe"])

    def draw(lines, watch, show):
        for name, file in pictures.samples(setting.run, lines).items():
            x = tc.data.to_float(file["x"][:SHOWN])
            show(f"samples-{name}", plots.grid(np.asarray(x), title=name))
        bins, plain = {}, setting.generate(gan, z)
        label = np.repeat([1.0, 0.0], [len(held_out), len(plain)])
        for name, judge in tuned.judges.items():
            if name != "calibrated":  # which nothing is refined with
                refined, path = _refined(judge, tuned, z, held_out)
                pair = plain.numpy()[:COLUMNS], refined.x.numpy()[:COLUMNS]
                titles = ("standard", f"refined by\nthe {name} D")
                show(f"strip-{name}", plots.strip(*pair, titles=titles))
                steps = np.unique(
                    np.linspace(0, len(path.score) - 1, 5).astype(int)
                ).tolist()
                x, score = path.x.numpy()[steps], path.score.numpy()[steps]
                walk = plots.walk(x[:, :ROWS], score[:, :ROWS], steps=steps)
                show(f"steps-{name}", walk)
                scores = {
                    "real": setting.score(judge, held_out).numpy(),
                    "plain": setting.score(judge, plain).numpy(),
                    "refined": refined.score.numpy(),
                }
                title = f"score of the {name} D"
                show(f"scores-{name}", plots.histograms(scores, label=title))
                kinds = {f"score/{name}-{kind}": v for kind, v in scores.items()}
                watch.histograms(at, kinds)
            if judge.objective.log_ratio is not None:
                both = tf.concat([held_out, plain], axis=0)
                prob = tf.sigmoid(
                    tf.cast(judge.log_ratio(setting.score(judge, both)), tf.float64)
                )
                bins[name] = metrics.reliability_bins(prob.numpy(), label)
        if bins:
            title = "D on reals and plain samples"
            show("reliability", plots.reliability(bins, title=title))

    pictures.once(setting, at, tuned.d_steps, draw)
    if config.mode == "sample":
        _png_files(setting.run, at)


def _refined(judge, tuned, z, held_out):
    """z refined with one D, and the path of its first samples."""
    real = judge.scored(held_out[:1000])
    refine = tc.sampling.refine(judge, tuned.policy, **tuned.move)
    compiled = tf.function(refine.step, autograph=False)
    seed = tc.seeds.as_seed(0)  # picking the best asks for no random number
    refined, _, _ = compiled(seed, z, refine.init(seed, z, real))
    follow = tc.sampling.trajectory(judge, tuned.policy, **tuned.move)
    return refined, follow(in_company(judge, z, ROWS, SHOWN), real)


def in_company(judge: tc.GAN, z: tf.Tensor, few: int, many: int) -> tf.Tensor:
    """The first few of z, or many where a sample's score depends on its batch."""
    return z[: many if judge.batch_statistics else few]


def _png_files(run, at):
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
