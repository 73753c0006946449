"""What TensorBoard shows of a run."""

import functools
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
from matplotlib.figure import Figure
from tensorboard.plugins.hparams import api as hparams

from experiments.cli import fields
from experiments.rundir import run_folder

__all__ = ["Monitor", "pdf", "png"]

# What a number is called, by group. A number without a name here measures samples.
TAGS = {
    "g_loss": "loss/G",
    "d_loss": "loss/D",
    "D_real": "D/mean on reals",
    "D_fake": "D/mean on samples",
    "steps_per_second": "speed/steps per second",
}
# Phases of which a run has several: their numbers tell which one they are of.
LOOPS = re.compile("(calibrate|shape|figures|layers)-g([0-9]+)")
GROUPS = {
    "loss": "Loss of a net, at the end of a compiled call.",
    "D": "What the discriminator says: a mean probability where its score gives one, "
    "else a mean score; d_brier, d_ece, d_mce and d_z judge it on held-out reals and "
    "plain or refined samples.",
    "speed": "Training steps in a second, evaluations left out.",
    "nets": "Numbers of the nets and the field as they are.",
    "quality": "How good samples are, by metric (and by sampler); see docs/results.",
    "pictures": "Figures of the run, also in its folder figures/.",
}


class Monitor:
    """Scalars, histograms and figures of one phase.

    They are held back until `flush`, which comes after the phase's checkpoint, so that
    a run killed and resumed shows no curve twice.
    """

    def __init__(
        self,
        run: run_folder.Run,
        phase: str,
        *,
        since: int = -1,
        probe: Callable[[], Mapping[str, float]] = dict,
    ):
        """Steps up to `since` are there already and are not written again.

        `probe()` gives further scalars, asked for whenever losses are reported.
        """
        run.folder("tensorboard")
        # One folder: TensorBoard shows one run, whose D loops tell theirs by name.
        self._writer = tf.summary.create_file_writer(
            str(run.at("tensorboard")), filename_suffix=f".{phase}"
        )
        self._run = run
        self._whose = f" ({phase})" if LOOPS.fullmatch(phase) else ""
        self._held: list[tuple[int, Callable]] = []
        self._since = since
        self._probe = probe

    def scalars(self, step: int, scalars: Mapping[str, float]) -> None:
        """A step's scalars, and the probe's."""
        self.metrics(step, {**scalars, **self._probe()})

    def metrics(self, step: int, values: Mapping[str, float | None]) -> None:
        """Numbers as they are; None is undefined and left out."""
        for name, value in values.items():
            if value is not None:
                tag = self._tag(name)
                about = GROUPS[tag.partition("/")[0]]
                self._hold(step, tf.summary.scalar, tag, value, description=about)

    def histograms(self, step: int, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            self._hold(step, tf.summary.histogram, self._tag(name), value)

    def image(self, step: int, name: str, encoded: bytes) -> None:
        """A PNG file's bytes."""
        pixels, about = tf.io.decode_png(encoded, channels=3)[None], GROUPS["pictures"]
        tag = f"pictures/{name}{self._whose}"
        self._hold(step, tf.summary.image, tag, pixels, description=about)

    def text(self, step: int, name: str, lines: Sequence[str]) -> None:
        """Lines as they are, whatever Markdown they hold."""
        indented = "\n".join(f"    {line}" for line in lines)
        tag = f"text/{name}"
        self._hold(step, tf.summary.text, tag, _printable(indented))

    def flags(self, config: Any) -> None:
        """The flags, as text and for the HParams page."""
        values = fields.recorded(config)
        lines = [f"--{name}={value}" for name, value in values.items()]
        known = {
            name: value if isinstance(value, (int, float)) else _printable(str(value))
            for name, value in values.items()
            if value is not None and name not in ("workdir", "resume")
        }
        self.text(0, "flags", lines)
        trial = "/".join(self._run.workdir.absolute().parts[-2:])  # a column's width
        self._hold(0, hparams.hparams, known, _printable(trial))

    def flush(self) -> None:
        """Writes what was held back."""
        for step, write in self._held:
            with self._writer.as_default(step):
                write()
        self._held.clear()
        self._writer.flush()

    def _tag(self, name: str) -> str:
        group, slash, _ = name.partition("/")
        if name.startswith(("d_brier", "d_ece", "d_mce", "d_z")) or group == "score":
            name = f"D/{name}"
        elif name in TAGS:
            name = TAGS[name]
        elif not (slash and group in GROUPS):
            name = f"quality/{name}"
        return name + self._whose

    def _hold(self, step: int, write: Callable, *args: Any, **more: Any) -> None:
        if step > self._since:
            self._held.append((step, functools.partial(write, *args, **more)))


def _printable(text: str) -> str:
    """`text` without the bytes that are not UTF-8 and that a path may have."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def png(figure: Figure, title: str | None = None) -> bytes:
    """A figure as a PNG file, which does not name the version of matplotlib.

    The file names itself by the title, if there is one; viewers do not show it.
    """
    buffer = io.BytesIO()
    told = {"Software": None} | ({"Title": title} if title else {})
    figure.savefig(buffer, format="png", dpi=100, metadata=told)
    return buffer.getvalue()


def pdf(figure: Figure) -> bytes:
    """A figure as a PDF file, which does not tell when it was made."""
    buffer = io.BytesIO()
    unsaid = {"Creator": None, "Producer": None, "CreationDate": None}
    figure.savefig(buffer, format="pdf", metadata=unsaid)
    return buffer.getvalue()
