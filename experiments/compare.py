"""One table and the paper's curves over the results of many runs.

python -m experiments.compare --results=runs/mog2d/*/results.jsonl
"""

import dataclasses
import pathlib
from typing import Annotated

from experiments import flags, runs


@dataclasses.dataclass(frozen=True)
class Config:
    """A table and curves over the results of several runs."""

    results: Annotated[
        tuple[str, ...], "results.jsonl files; a name may hold * and ?"
    ] = ("runs/mog2d/*/results.jsonl",)
    published: Annotated[
        str | None, "JSON lines of published numbers, drawn dashed"
    ] = None
    dataset: Annotated[str | None, "of these lines alone"] = None
    figures: Annotated[str | None, "folder for the curves (none: no curves)"] = None


def run(config: Config) -> None:
    """Prints the table and writes the curves."""
    from experiments import atomic, monitor, report, tables

    paths = [path for name in config.results for path in _matching(name)]
    lines = [line for path in paths for line in tables.Table(path).lines()]
    theirs = []
    if config.published is not None:
        theirs = tables.Table(_matching(config.published)[0]).lines()
    for line in lines:
        absent = {"dataset", "seed", "gan_step", "d_step", "method"} - {*line}
        if absent:
            raise runs.Refused(
                f"--results: a line has no {sorted(absent)[0]!r}, so it is no result"
            )
    if config.dataset is not None:
        lines, theirs = (
            [line for line in part if line["dataset"] == config.dataset]
            for part in (lines, theirs)
        )
    datasets = sorted({line["dataset"] for line in lines})
    if len(datasets) != 1:
        found = ", ".join(datasets) or "none"
        raise runs.Refused(f"--dataset: choose one of those in the results: {found}")
    gan_steps = sorted({line["gan_step"] for line in lines})
    methods = list(dict.fromkeys(line["method"] for line in lines))
    print(report.table(lines, gan_steps, methods))
    if config.figures is not None:
        folder = pathlib.Path(config.figures)
        folder.mkdir(parents=True, exist_ok=True)
        for name, figure in report.curves(lines, theirs):
            with atomic.writing(folder / f"{datasets[0]}-{name}.png") as path:
                path.write_bytes(monitor.png(figure))


def _matching(name):
    path = pathlib.Path(name)
    found = sorted(pathlib.Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise runs.Refused(f"{name!r}: there is no such file")
    return found


if __name__ == "__main__":
    flags.main(Config, run)
