"""The table and the curves of a run, and the pictures of one GAN step."""

import json
from collections.abc import Callable, Sequence

import numpy as np

from experiments.rundir import monitor, recovery, report
from experiments.stages import options
from tf_collab import archives, files

__all__ = ["once", "samples", "write"]


def write(run, missing: Sequence[str]) -> None:
    """The run's table with what is missing, and metrics against GAN and D steps."""
    lines = run.results.lines()
    gan_steps = sorted({line["gan_step"] for line in lines})
    with run.writing("table.md") as path:
        text = report.table(lines, gan_steps, options.METHODS) + "\n"
        text += "".join(f"\nMissing: {sentence}.\n" for sentence in missing)
        path.write_text(text, encoding="utf-8")
    drawn = {name: monitor.png(figure) for name, figure in report.curves(lines)}
    new = {name: png for name, png in drawn.items() if _is_new(run, name, png)}
    if not new:
        return
    watch = monitor.Monitor(run, "figures")
    for name, png in new.items():
        with run.writing(f"figures/{name}.png") as path:
            path.write_bytes(png)
        watch.image(gan_steps[-1], name, png)
    watch.flush()


def _is_new(run, name, png):
    path = run.at(f"figures/{name}.png")
    return not path.exists() or path.read_bytes() != png


def once(setting, at: int, d_steps: dict[str, int], draw: Callable) -> None:
    """`draw(lines, watch, show)` makes the pictures of one GAN step.

    They are not made again where no line is new, no D has learned and none is lost.
    """
    run = setting.run
    lines = [line for line in run.results.lines() if line["gan_step"] == at]
    drawn = [[line["method"], line["d_step"]] for line in lines]
    mark = f"figures/shown-g{at}.json"  # written last, so a kill draws all again
    names = _names(run.at(mark), [drawn, d_steps])
    if names and all(run.at(name).exists() for name in names):
        return
    names = []
    watch = monitor.Monitor(run, f"figures-g{at}")

    def show(name, figure):
        encoded = monitor.png(figure)
        names.append(f"figures/{name}-g{at}.png")
        with run.writing(names[-1]) as path:
            path.write_bytes(encoded)
        watch.image(at, name, encoded)

    draw(lines, watch, show)
    watch.flush()
    with run.writing(mark) as path:
        path.write_text(json.dumps([drawn, d_steps, names]), encoding="utf-8")


def _names(path, wanted):
    """The files in which was shown what is wanted, None if another was or none."""
    try:
        files.regular(path)
        with files.reading(path):
            *shown, names = files.parsed(path.read_bytes())
            sound = all(name.startswith("figures/") for name in names)
    except (OSError, ValueError):
        return None
    return names if sound and shown == wanted else None


def samples(run, lines) -> dict[str, dict[str, np.ndarray]]:
    """By method, what was drawn with the most steps of D."""
    found = {}
    for line in report.last_steps(lines):
        if line["n"]:
            key = {n: line[n] for n in ("gan_step", "d_step", "method")}
            name = recovery.sample_file(**key)
            try:
                path = run.at(name)
                found[line["method"]] = _drawn(path, line["n"])
            except (OSError, ValueError) as error:
                run.log(f"{name} is not shown: {error}")
    return found


def _drawn(path, n):
    what = f"file of {n} samples"
    drawn = archives.arrays(path, ("x", "score"), what=what)
    with files.reading(path, what):
        if drawn["x"].shape[:1] != (n,) or drawn["score"].shape != (n,):
            raise ValueError(f"it has {list(drawn['x'].shape)} of them")
    return drawn
