"""Scoring images that are already there."""

import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import tf_collab as tc
from experiments.cli import errors, fields, flag_types
from experiments.images import (
    classifier,
    image_metrics,
    image_options,
    image_sets,
    judging,
)
from experiments.rundir import (
    jsonl,
    pictures,
    progress,
    report,
    run_folder,
    run_record,
)

__all__ = ["run"]


def run(config: Any, programs: Mapping[str, Any]) -> None:
    """Prints a table; a run's own numbers go to its evaluation.jsonl too.

    `programs` has the flags of the programs whose runs can be evaluated, by name.
    """
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
    trained = _trained(config, workdir, programs)
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
        reals = _by_chance(image_sets.thinned(trained, test), config.n)
        pixels: classifier.Pixels | None = reals.pixels
        split = "test"
        sources: dict[str, str] = {"features": chosen}
        if os.path.isfile(chosen):
            sources["features"] = os.path.abspath(chosen)
            called = _called(chosen, table, "features")
            name = name.removesuffix(pathlib.Path(chosen).stem) + called
        if config.b is not None:
            pixels = _b(config, config.b, size=test.pixels.shape[1])
            split = _called(config.b, table, "b", taken=split)
            sources["b"] = os.path.abspath(config.b)
        judge = judging.judge(config, name, net, pixels, split)
        kept = ("dataset", "seed", "gan_step", "d_step", "method")
        lines = []
        for line in report.last_steps(run.results.lines()):
            for drawn in pictures.samples(run, [line]).values():
                scored = {field: line[field] for field in kept} | sources
                scored |= judge(drawn["x"])
                table.append(scored, key=tuple(scored))
                lines.append(scored)
        return lines


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
    method, split = _distinct([config.a, config.b])
    judge = judging.judge(config, name, net, pixels, split)
    key = {"seed": 0, "gan_step": 0, "d_step": 0, "method": method}
    return [key | judge(images)]


def _b(config: Any, b: str, size: int | None) -> classifier.Pixels | None:
    """The images in --b, None of a file of statistics."""
    return None if b.endswith(".npz") else _folder(config, "b", size)


def _called(path: str, table: jsonl.Table, field: str, **taken: str) -> str:
    """What the names of numbers call a file or folder: another one's, another name."""
    before = [line[field] for line in table.lines() if line.get(field)]
    *_, name = _distinct([*dict.fromkeys(before), path], *taken.values())
    return name


def _distinct(paths: Iterable[str], *taken: str) -> Iterator[str]:
    """For each path its last part, and those before it where another has that name."""
    names: dict[str, str] = dict.fromkeys(taken, "")
    for path in map(os.path.abspath, paths):
        *above, last = pathlib.Path(path).parts
        parts = [*above[1:], last if os.path.isdir(path) else pathlib.Path(last).stem]
        longer = ("-".join(parts[-n:]) for n in range(1, len(parts) + 1))
        name = next((n for n in longer if names.get(n, path) == path), path)
        names[name] = path
        yield name


def _folder(
    config: Any, flag: Literal["a", "b"], size: int | None
) -> classifier.Pixels:
    folder = getattr(config, flag)
    with errors.blaming(f"--{flag}={folder}", OSError):
        images = tc.data.IMAGES["folder"](
            folder,
            split="all",
            size=size,
            memory_gib=config.memory_gib,
            cache_dir=config.cache_dir,
        )
    for remark in image_sets.remarks(images):
        progress.say(remark)
    return _by_chance(images, config.n).pixels


def _by_chance(images: tc.data.Images, n: int) -> tc.data.Images:
    """All of the images, or n of them by chance: files may be sorted by class.

    The choice is the same for every run, since these images are a ruler.
    """
    if n >= len(images.pixels):
        return images
    (some,) = tc.data.partition(images, (n,), seed=0)
    return some


def _trained(config: Any, workdir: str, programs: Mapping[str, Any]) -> Any:
    """The flags with which a run was begun."""
    path, known = pathlib.Path(workdir, run_record.NAME), " or ".join(programs)
    try:
        with errors.blaming(f"--from_run={workdir!r}: {str(path)!r} was damaged"):
            found = run_record.read(path)
        kind = programs[found.experiment]
        flags = {
            field.name: field.recorded.read(flag_types.spell(found.flags[field.name]))
            for field in fields.read(kind)
            if field.name in found.flags
        }
        if flags["dataset"] not in tc.data.IMAGES:
            raise KeyError(flags["dataset"])
    except FileNotFoundError:
        raise errors.Refused(
            f"--from_run={workdir!r} is not a run, for there is no {str(path)!r}: put "
            f"a copy of it back, or give a run of {known}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise errors.Refused(
            f"--from_run={workdir!r} is not a run on images: give one of {known}"
        ) from None
    for field in fields.read(image_options.ImageStore):  # where not given, as it was
        if field.name in config.flags_given():
            flags[field.name] = getattr(config, field.name)
    return kind(**flags)
