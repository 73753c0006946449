"""Lines of text: what is learned, and the n-grams that samples are judged by."""

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

import tf_collab as tc
from experiments.cli import errors
from experiments.rundir import monitor, pictures, run_folder
from experiments.stages import d_tuning, data
from experiments.stages.data import Task
from experiments.stages.sessions import Session
from tf_collab import metrics

__all__ = ["TextTask", "look", "make", "show"]

ORDERS = range(1, 7)  # of the n-grams
VOCABULARY = "vocabulary.json"
SHOWN = 40  # lines that a dump has


class TextTask(NamedTuple):
    """A task on lines of text, and what spells them."""

    task: Task
    shape: list[int]  # length, vocabulary
    vocabulary: tc.data.Vocabulary


def make(run: run_folder.Run, config: Any, seeds: dict[str, tf.Tensor]) -> TextTask:
    """The text that the flags name; samples are judged by their n-grams."""
    text = _load(config)
    known = text.vocabulary
    if not config.from_run:  # whose record tells which text it was
        _refuse_another(run, known)
    data.check(run, config, text.digest)
    with errors.blaming(f"--batch_size={config.batch_size}"):
        batch_at = tc.data.text_batches(
            text.lines, known.size, config.batch_size, seeds["data"]
        )

    @functools.cache
    def reference(n: int) -> metrics.NgramModel:
        return metrics.NgramModel.of(text.lines, n)

    def measure(x: np.ndarray) -> dict[str, float | None]:
        lines = _indices(x)
        return {
            f"jsd{n}_{len(lines)}": metrics.ngram_js(
                metrics.NgramModel.of(lines, n), reference(n)
            )
            for n in ORDERS
        }

    held_out = data.shuffled(text.held_out, seeds["reals"])[: config.num_samples]
    task = Task(
        batch_at=batch_at,
        held_out=tf.one_hot(held_out.astype(np.int32), known.size),
        measure=measure,
        protocol="lines to learn from",
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
    return TextTask(task, [config.length, known.size], known)


def look(
    run: run_folder.Run,
    known: tc.data.Vocabulary,
    watch: monitor.Monitor,
    step: int,
    x: np.ndarray,
) -> None:
    """Some of training's lines, in TensorBoard and as samples/training-STEP.txt."""
    _keep(run, known)
    lines = _indices(x[:SHOWN])
    run.folder("samples")
    _write(run, f"training-{step:09d}", known.decode(lines))
    watch.text(step, "samples", known.decode(lines))


def show(session: Session, known: tc.data.Vocabulary, tuned: d_tuning.Tuned) -> None:
    """The lines of every method, as samples/METHOD-gSTEP.txt."""
    album = pictures.Album(session.run, tuned.gan_step, tuned.d_steps)
    _keep(session.run, known)
    if album.is_due:
        with album:
            for name, file in album.samples().items():
                lines = known.decode(file["x"])
                _write(session.run, f"{name}-g{tuned.gan_step}", lines)


def _keep(run: run_folder.Run, known: tc.data.Vocabulary) -> None:
    if not run.at(VOCABULARY).exists():
        with run.writing(VOCABULARY) as path:
            known.save(path)


def _write(run: run_folder.Run, name: str, lines: Iterable[str]) -> None:
    with run.writing(f"samples/{name}.txt") as path:
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _load(config: Any) -> tc.data.Text:
    with errors.blaming(f"--dataset={config.dataset}", OSError):
        return tc.data.billion_word(
            config.data_dir,
            length=config.length,
            lines=config.max_lines,
            vocabulary_size=config.vocabulary_size,
            download=config.download,
        )


def _refuse_another(run: run_folder.Run, known: tc.data.Vocabulary) -> None:
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
    with errors.blaming():
        before = tc.data.Vocabulary.load(path)
    if before != known:
        raise errors.Refused(
            f"--data_dir holds text with another vocabulary ({known.size} characters) "
            f"than {str(path)!r} ({before.size}), which this run's nets were made for: "
            "give the text that it was begun with, or another --workdir"
        )


def _indices(x: np.ndarray) -> np.ndarray:
    """The likeliest characters [n, length] of rows [n, length, vocabulary]."""
    return np.asarray(x).argmax(axis=-1).astype(np.uint16)
