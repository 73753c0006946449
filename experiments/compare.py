"""One table and the paper's curves over the results of many runs.

python -m experiments.compare --results=runs/mog2d/*/results.jsonl
"""

import dataclasses
import glob
import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from experiments.cli import errors, fields, flags, rules
from experiments.rundir import grouping, jsonl

KEY = ("dataset", "seed", "gan_step", "d_step", "method")


@dataclasses.dataclass(frozen=True)
class Config(fields.Given):
    """A table and curves over the results of several runs."""

    results: Annotated[
        tuple[rules.Path, ...],
        "results.jsonl files; a name may hold * and ?",
        rules.some_files,
    ] = (rules.Path("runs/mog2d/*/results.jsonl"),)
    published: Annotated[
        rules.Path | None,
        "file of published numbers as JSON lines, which are drawn dashed",
        rules.some_files,
    ] = None
    dataset: Annotated[
        str | None, "data set whose results are compared (none: the only one there is)"
    ] = None
    figures: Annotated[
        rules.Path | None,
        "folder for the curves (none: no curves)",
        rules.new_folder,
    ] = None

    pdf: Annotated[bool, "whether the curves are written as PDF files too"] = False

    def idle(self) -> dict[str, str]:
        """Flags without effect, and why."""
        drawn = ("published", "pdf")
        return {} if self.figures else dict.fromkeys(drawn, "--figures=none")


def run(config: Config) -> None:
    """Prints the table and writes the curves: a row, a curve for each set of flags."""
    from experiments.cli import startup

    with startup.quiet():
        from experiments.rundir import monitor, report
        from tf_collab import atomic
    lines, given = _lines(config.results, KEY, config.dataset)
    names = () if config.published is None else (config.published,)
    theirs, _ = _lines(names, ("dataset", "gan_step", "method"), config.dataset)
    datasets = sorted({line["dataset"] for line in lines})
    files = errors.some(config.results)
    if not datasets:
        of = "" if config.dataset is None else f" of --dataset={config.dataset}"
        raise errors.Refused(f"--results={files} has no results{of}")
    if len(datasets) != 1:
        found = ", ".join(datasets)
        raise errors.Refused(f"--dataset: choose one of those in {files}: {found}")
    theirs = [line for line in theirs if line["dataset"] == datasets[0]]
    lines = _once(grouping.labelled(lines, given))
    gan_steps = sorted({line["gan_step"] for line in lines})
    methods = list(dict.fromkeys(line["method"] for line in lines))
    print(report.table(lines, gan_steps, methods))
    if config.figures is not None:
        folder = pathlib.Path(config.figures)
        folder.mkdir(parents=True, exist_ok=True)
        stem = pathlib.Path(datasets[0]).name
        for name, figure in report.curves(lines, theirs):
            encoded = {"png": monitor.png(figure)}
            if config.pdf:
                encoded["pdf"] = monitor.pdf(figure)
            for suffix, content in encoded.items():
                with atomic.writing(folder / f"{stem}-{name}.{suffix}") as path:
                    path.write_bytes(content)


def _lines(
    names: Iterable[str], key: Sequence[str], dataset: str | None
) -> tuple[list[dict[str, Any]], list[grouping.Flags]]:
    """The lines of all files, one for each key and set of flags, and those flags.

    Files that disagree on one are refused.
    """
    found: dict[tuple, tuple[dict, grouping.Flags]] = {}
    for path in (path for name in names for path in _matching(name)):
        phases = grouping.phases_beside(path)
        for line in jsonl.Table(path, copy=True).lines():
            for field in key:
                kind = str if field in ("dataset", "method") else int
                if not isinstance(line.get(field), kind):
                    raise errors.Refused(
                        f"{path!r}: a line's {field!r} is {line.get(field)!r}, so it "
                        "is not a result"
                    )
            given = grouping.flags_of(phases, line)
            which = *(line[field] for field in key), *sorted(given.items())
            same, _ = found.setdefault(which, (line, given))
            if same != line:
                what = ", ".join(f"{field} {line[field]}" for field in key)
                raise errors.Refused(f"{path!r} has other results of {what}")
    wanted = [one for one in found.values() if dataset in (None, one[0]["dataset"])]
    return [line for line, _ in wanted], [given for _, given in wanted]


def _once(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each result once, where records that leave out other flags have the same run."""
    found: dict[tuple, dict] = {}
    for line in lines:
        if found.setdefault(tuple(line[field] for field in KEY), line) != line:
            what = ", ".join(f"{field} {line[field]}" for field in KEY)
            raise errors.Refused(
                f"--results: two runs with the same flags, as far as both records have "
                f"them, have other results of {what}: leave one of them out"
            )
    return [*found.values()]


def _matching(name: str) -> list[str]:
    paths = [name] if os.path.exists(name) else sorted(glob.glob(name))
    files = [path for path in paths if os.path.isfile(path)]
    if not files:
        raise errors.Refused(f"{name!r}: there is no such file")
    return files


if __name__ == "__main__":
    flags.main(Config, run)
