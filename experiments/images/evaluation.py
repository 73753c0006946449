"""Scoring images that are already there."""

import contextlib
import os
import pathlib
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, NamedTuple

from experiments.cli import errors
from experiments.images import (
    classifier,
    evaluated_runs,
    image_metrics,
    image_places,
    image_sets,
    judging,
    set_names,
    shared_looks,
)
from experiments.rundir import (
    jsonl,
    pictures,
    progress,
    recovery,
    report,
    run_folder,
)
from experiments.stages import cluster_work
from tf_collab.front import jobs

__all__ = ["run"]

KEY = ("dataset", "seed", "gan_step", "d_step", "method")


class _Set(NamedTuple):
    """Samples of a run that are scored."""

    line: Mapping[str, Any]  # what the run told of them
    images: image_places.Asked
    head: dict[str, Any]  # of what is told of them here: all that is asked
    called: Collection[str]  # the numbers that are asked


def run(config: Any, programs: Mapping[str, Any]) -> None:
    """Prints a table; a run's own numbers go to its evaluation.jsonl too.

    `programs` has the flags of the programs whose runs can be evaluated, by name.
    """
    cluster_work.hold(config)
    image_places.leave()  # an earlier command's, which may be others now
    if config.run is None:
        lines = _of_folder(config)
    else:
        lines = _of_run(config, config.run, programs)
    gan_steps = sorted({line["gan_step"] for line in lines})
    methods = list(dict.fromkeys(line["method"] for line in lines))
    print(report.table(lines, gan_steps, methods))


def _of_run(
    config: Any, workdir: str, programs: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The lines of a run's samples; those that are there already are left as they are.

    Each is written once its set was looked at.
    """
    trained = evaluated_runs.flags_of(config, workdir, programs)
    with run_folder.Run(
        workdir, trained, experiment=trained.EXPERIMENT, resume=True
    ) as run:
        train, test = image_sets.both(run, trained)
        for remark in image_sets.remarks(train, test):
            progress.say(remark)
        chosen = config.features or trained.features
        image_metrics.check_labels(chosen, trained.dataset, train)
        name, net = image_metrics.extractor(chosen, run, train, test)
        table = jsonl.Table(run.at("evaluation.jsonl"))
        judging.check_logits(config, name, net)
        reals = image_places.by_chance(image_sets.thinned(trained, test), config.n)
        pixels: classifier.Pixels | None = reals.pixels
        place = image_places.tests(trained, config.n)
        split = "test"
        sources: dict[str, str] = {"features": chosen}
        if os.path.isfile(chosen):
            sources["features"] = os.path.abspath(chosen)
            called = set_names.called(chosen, table, "features")
            name = name.removesuffix(pathlib.Path(chosen).stem) + called
        if config.b is not None:
            place = image_places.folder(config, "b", test.pixels.shape[1])
            pixels = _b(config, config.b, size=test.pixels.shape[1])
            split = set_names.called(config.b, table, "b", taken=split)
            sources["b"] = os.path.abspath(config.b)
        against = []
        if pixels is not None:
            against.append(image_places.asked(place, pixels, config.n))
        files = [_digest(path) for path in (chosen, config.b) if path]
        sets = []
        for line, images in _samples(config, run, workdir):
            head = {field: line[field] for field in KEY} | sources
            seen = [one.sums for one in (*against, images)]
            head["inputs"] = f"{zlib.crc32(repr((files, seen)).encode()):08x}"
            numbers = judging.names(config, name, net, images.n, split)
            sets.append(_Set(line, images, head, [*numbers.values()]))
        left = [one for one in sets if not table.find(one.head, one.called)]
        if left or config.save_stats:
            asked = [*against, *(one.images for one in left)]
            with _looking(config, _file(chosen, workdir), asked) as look:
                judge = judging.judge(config, name, net, pixels, split, look)
                for one in left:
                    for drawn in pictures.samples(run, [one.line]).values():
                        scored = one.head | judge(drawn["x"])
                        table.append(scored, key=tuple(one.head), named=one.called)
        found = [table.find(one.head, one.called) for one in sets]
        return [line for line in found if line]


def _of_folder(config: Any) -> list[dict[str, Any]]:
    assert config.a and config.b and config.features  # or `problem` had told of it
    images = _folder(config, "a", config.size)
    with errors.blaming(f"--features={config.features}"):
        name, net = image_metrics.named(config.features, images.shape[-1])
    pixels = _b(config, config.b, config.size)
    if pixels is not None and pixels.shape[1:3] != images.shape[1:3]:
        (h, w), (other_h, other_w) = images.shape[1:3], pixels.shape[1:3]
        raise errors.Refused(
            f"--a={config.a} has images of {w}x{h} and --b={config.b} of "
            f"{other_w}x{other_h}: give a --size for all"
        )
    judging.check_logits(config, name, net)
    method, split = set_names.distinct([config.a, config.b])
    splits = judging.parts(config, len(images))
    b, a = (image_places.folder(config, flag, config.size) for flag in "ba")
    asked = [] if pixels is None else [image_places.asked(b, pixels, config.n)]
    asked.append(image_places.asked(a, images, config.n, splits))
    with _looking(config, _file(config.features, ""), asked) as look:
        judge = judging.judge(config, name, net, pixels, split, look)
        key = {"seed": 0, "gan_step": 0, "d_step": 0, "method": method}
        return [key | judge(images)]


def _samples(
    config: Any, run: run_folder.Run, workdir: str
) -> Iterator[tuple[Mapping[str, Any], image_places.Asked]]:
    """The newest lines of a run with samples, and these."""
    for line in report.last_steps(run.results.lines()):
        for drawn in pictures.samples(run, [line]).values():
            key = {name: line[name] for name in ("gan_step", "d_step", "method")}
            place = image_places.samples(
                pathlib.Path(workdir, recovery.sample_file(**key))
            )
            splits = judging.parts(config, len(drawn["x"]))
            yield line, image_places.asked(place, drawn["x"], config.n, splits)


def _looking(
    config: Any, net: str, sets: Sequence[image_places.Asked]
) -> AbstractContextManager[shared_looks.Look | None]:
    """Who looks at sets, in their order: a cluster, or (None) this process."""
    if config.cluster:
        return shared_looks.looks(config, net, sets)
    return contextlib.nullcontext()


def _digest(path: str) -> str | None:
    """Of what is in a file; None of what is not a file."""
    return jobs.digest(pathlib.Path(path)) if os.path.isfile(path) else None


def _file(features: str, workdir: str) -> str:
    """The net that --features names, as other processes find it."""
    if features == "classifier":
        features = os.path.join(workdir, "classifier", "classifier.keras")
    return os.path.abspath(features) if os.path.isfile(features) else features


def _b(config: Any, b: str, size: int | None) -> classifier.Pixels | None:
    """The images in --b, None of a file of statistics."""
    return None if b.endswith(".npz") else _folder(config, "b", size)


def _folder(
    config: Any, flag: Literal["a", "b"], size: int | None
) -> classifier.Pixels:
    with errors.blaming(f"--{flag}={getattr(config, flag)}", OSError):
        images = image_places.folder(config, flag, size).images()
    for remark in image_sets.remarks(images):
        progress.say(remark)
    return images.pixels
