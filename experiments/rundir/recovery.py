"""What a run once measured and drew, and has no more."""

import functools
import os
import pathlib
import re
from collections.abc import Collection
from typing import Any

from experiments.rundir import run_folder
from tf_collab import marks, tables

__all__ = [
    "is_kept",
    "known",
    "lost_steps",
    "missing",
    "place",
    "sample_file",
    "tell_damaged",
    "tell_remade",
    "unknown",
]

# As `sample_file` names them.
_SAMPLES = re.compile(rf"({'|'.join(tables.METHODS)})-g(\d+)-d(\d+)\.npz")


def sample_file(gan_step: int, d_step: int, method: str) -> str:
    return f"samples/{method}-g{gan_step}-d{d_step}.npz"


def place(line: dict[str, Any]) -> tuple:
    """Where among the results an unbroken run has a line.

    Those of a sampler that another version knows come last of their step of D.
    """
    known, name = tables.METHODS, line["method"]
    method = known.index(name) if name in known else len(known)
    return line["gan_step"], line["phase"] == "shape", line["d_step"], method


def is_kept(run: run_folder.Run, **key: Any) -> bool:
    """Whether a result is there, with its samples if it has any."""
    lines = [line for line in run.results.lines() if key.items() <= line.items()]
    return bool(lines) and (not lines[0]["n"] or _has_samples(run, key))


def tell_damaged(run: run_folder.Run, name: str) -> None:
    """Tells of an archive that is there and damaged, before it is made again."""
    if run.at(name).is_file() and not marks.is_whole(run.at(name), name):
        tell_remade(run, name)


def tell_remade(run: run_folder.Run, name: str) -> None:
    """Logs that a file was damaged, and what becomes of it."""
    run.log(f"{name} was damaged, or is another file in its place: it is made again")


def lost_steps(
    run: run_folder.Run, at: int, begun: Collection[str], there: Collection[int]
) -> dict[int, list[str]]:
    """By step of D, the methods of `begun` whose results or samples were lost.

    Each of three tells of the others: results, timings, samples. Where none is left,
    it is all that D's checkpoints `there`, and D as it was trained, can give.
    """
    known = {key for key in _done(run) if key[0] == at and key[2] in begun}
    if not known and there:
        known = {(at, step, name) for step in (0, *there) for name in begun}
    lost: dict[int, list[str]] = {}
    for _, step, name in sorted(known):
        key = {"gan_step": at, "d_step": step, "method": name}
        if step <= max(there, default=-1) and not is_kept(run, **key):
            lost.setdefault(step, []).append(name)
    return lost


def missing(run: run_folder.Run) -> list[str]:
    """Sentences on what is not there, though a trace of it is."""
    steps: dict[tuple, list[str]] = {}
    for at, step, name in sorted(_done(run)):
        key = {"gan_step": at, "d_step": step, "method": name}
        if not is_kept(run, **key):
            what = "samples" if run.results.has(**key) else "results"
            steps.setdefault((what, name, at), []).append(str(step))
    told = [
        f"the {what} of {name} at GAN step {at}, D step{'s' * (len(which) > 1)} "
        f"{', '.join(which)} are not there"
        for (what, name, at), which in steps.items()
    ]
    if run.results.lines() and not run.timings.lines():
        told.append("timings.jsonl is not there, so no times are known")
    return told


def known(run: run_folder.Run) -> list[dict[str, Any]]:
    """The results of samplers that this version knows."""
    names = {*tables.METHODS}
    return [line for line in run.results.lines() if line.get("method") in names]


def unknown(run: run_folder.Run) -> list[str]:
    """Sentences on results of samplers that another version of the library knows."""
    there = {line["method"] for line in run.results.lines() if "method" in line}
    return [
        f"results of {name!r} are not shown, since this version does not know that "
        "sampler"
        for name in sorted(there - {*tables.METHODS})
    ]


def _done(run: run_folder.Run) -> set[tuple[int, int, str]]:
    """(gan step, d step, method) of which any trace is left."""
    lines = [*run.results.lines(), *run.timings.lines()]
    names = ("gan_step", "d_step", "method")
    known = [line for line in lines if {*names} <= {*line}]
    done = {(line["gan_step"], line["d_step"], line["method"]) for line in known}
    folder = run.at("samples")
    files = folder.iterdir() if folder.is_dir() else ()
    for found in filter(None, (_SAMPLES.fullmatch(file.name) for file in files)):
        done.add((int(found[2]), int(found[3]), found[1]))
    return done


def _has_samples(run: run_folder.Run, key: dict[str, Any]) -> bool:
    """Whether they are there, whole, and not those of another method or step."""
    name = sample_file(**key)
    path = run.at(name)
    try:
        now = os.stat(path)
    except FileNotFoundError:
        return False
    return _is_whole(path, name, (now.st_ino, now.st_size, now.st_mtime_ns))


@functools.lru_cache(maxsize=1000)  # a command asks again and again
def _is_whole(path: pathlib.Path, name: str, state: tuple[int, ...]) -> bool:
    return marks.is_whole(path, name)
