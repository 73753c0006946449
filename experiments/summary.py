"""The table and the curves of a run, and the pictures of one GAN step."""

import json
import zipfile
from collections.abc import Callable

import numpy as np

from experiments import monitor, options, report

__all__ = ["once", "samples", "write"]


def write(run) -> None:
    """The run's table, and metrics against GAN steps and D steps."""
    lines = run.results.lines()
    gan_steps = sorted({line["gan_step"] for line in lines})
    with run.writing("table.md") as path:
        path.write_text(
            report.table(lines, gan_steps, options.METHODS) + "\n", encoding="utf-8"
        )
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

    They are not made again where no line is new and no D has learned.
    """
    run = setting.run
    lines = [line for line in run.results.lines() if line["gan_step"] == at]
    drawn = [[line["method"], line["d_step"]] for line in lines]
    shown = json.dumps([drawn, d_steps])
    mark = f"figures/shown-g{at}.json"  # written last, so a kill draws all again
    before = run.at(mark)
    if before.exists() and before.read_bytes() == shown.encode():
        return
    watch = monitor.Monitor(run, f"figures-g{at}")

    def show(name, figure):
        encoded = monitor.png(figure)
        with run.writing(f"figures/{name}-g{at}.png") as path:
            path.write_bytes(encoded)
        watch.image(at, name, encoded)

    draw(lines, watch, show)
    watch.flush()
    with run.writing(mark) as path:
        path.write_bytes(shown.encode())


def samples(run, lines) -> dict[str, dict[str, np.ndarray]]:
    """By method, what was drawn with the most steps of D."""
    found = {}
    for line in report.last_steps(lines):
        if line["n"]:
            name = "{method}-g{gan_step}-d{d_step}.npz".format(**line)
            try:
                path = run.at(f"samples/{name}")
                with np.load(path, allow_pickle=False) as file:
                    found[line["method"]] = dict(file)
            except (OSError, ValueError, zipfile.BadZipFile) as error:
                run.log(f"samples/{name} is not shown: {error}")
    return found
