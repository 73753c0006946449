"""Lines of text: what is learned, and the n-grams that samples are judged by."""

import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import pictures
from experiments.stages import provenance, study
from tf_collab import metrics

__all__ = ["on_text"]

ORDERS = range(1, 7)  # of the n-grams
VOCABULARY = "vocabulary.json"
SHOWN = 40  # lines that a dump has


def on_text(
    run,
    config,
    seeds: dict[str, tf.Tensor],
    make: Callable[[list[int]], tc.GAN],
) -> study.Study:
    """A GAN on the text that the flags name; `make` is told the shape of a line."""
    text = _load(config)
    known = text.vocabulary
    _refuse_another(run, known)
    provenance.check(run, config, text.digest)
    try:
        batch_at = tc.data.text_batches(
            text.lines, known.size, config.batch_size, seeds["data"]
        )
    except ValueError as error:
        raise errors.Refused(f"--batch_size={config.batch_size}: {error}") from None

    @functools.cache
    def reference(n):
        return metrics.NgramModel.of(text.lines, n)

    def measure(x):
        lines = _indices(x)
        return {
            f"jsd{n}_{len(lines)}": metrics.ngram_js(
                metrics.NgramModel.of(lines, n), reference(n)
            )
            for n in ORDERS
        }

    def dump(name, lines):
        with run.writing(f"samples/{name}.txt") as path:
            path.write_text("\n".join(known.decode(lines)) + "\n", encoding="utf-8")

    def show(watch, step, x):
        if not run.at(VOCABULARY).exists():
            with run.writing(VOCABULARY) as path:
                known.save(path)
        lines = _indices(x[:SHOWN])
        run.folder("samples")
        dump(f"training-{step:09d}", lines)
        watch.text(step, "samples", known.decode(lines))

    def figures(setting, at, tuned):
        def draw(lines, watch, show):
            for name, file in pictures.samples(run, lines).items():
                dump(f"{name}-g{at}", file["x"])

        pictures.once(setting, at, tuned.d_steps, draw)

    held_out = text.held_out[: config.num_samples]
    return study.Study(
        gan=make([config.length, known.size]),
        batch_at=batch_at,
        held_out=tf.one_hot(held_out.astype(np.int32), known.size),
        optimizer=keras.optimizers.Adam,
        measure=measure,
        protocol="lines to learn from",
        figures=figures,
        show=show,
        store=_indices,
        rows=128,
        chains=128,
        notes=(
            f"{len(text.lines)} lines to learn from, {len(text.held_out)} held out, "
            f"{known.size} characters",
            *text.notes,
        ),
        digest=text.digest,
    )


def _load(config):
    try:
        return tc.data.billion_word(
            config.data_dir,
            length=config.length,
            lines=config.max_lines,
            vocabulary_size=config.vocabulary_size,
            download=config.download,
        )
    except (ValueError, OSError) as error:
        raise errors.Refused(f"--dataset={config.dataset}: {error}") from None


def _refuse_another(run, known):
    """The nets of a run speak its own vocabulary."""
    path = run.at(VOCABULARY)
    if not path.exists():
        # It is written before the first checkpoint.
        if any(path.parent.glob("checkpoints/*/*")):
            raise errors.Refused(
                f"{str(path)!r} is gone, so what this run's nets were made for is not "
                "known: put it back, or give another --workdir"
            )
        return
    try:
        before = tc.data.Vocabulary.load(path)
    except ValueError as error:
        raise errors.Refused(str(error)) from None
    if before != known:
        raise errors.Refused(
            f"--data_dir holds text with another vocabulary ({known.size} characters) "
            f"than {str(path)!r} ({before.size}), which this run's nets were made for: "
            "give the text that it was begun with, or another --workdir"
        )


def _indices(x: np.ndarray) -> np.ndarray:
    """The likeliest characters [n, length] of rows [n, length, vocabulary]."""
    return np.asarray(x).argmax(axis=-1).astype(np.uint16)
