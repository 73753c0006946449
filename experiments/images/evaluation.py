"""Scoring images that are already there."""

import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import tf_collab as tc
from experiments.cli import errors, fields, flag_types
from experiments.images import (
    classifier,
    image_metrics,
    image_options,
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
    run_record,
)
from experiments.stages import cluster_work

__all__ = ["run"]


def run(config: Any, programs: Mapping[str, Any]) -> None:
    """Prints a table; a run's own numbers go to its evaluation.jsonl too.

    `programs` has the flags of the programs whose runs can be evaluated, by name.
    """
    cluster_work.hold(config)
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
        measured = report.last_steps(run.results.lines())
        look = None
        if config.cluster:
            file = _file(chosen, workdir)
            asked = _asked(config, place, pixels, workdir, run, measured)
            look = shared_looks.looks(config, file, asked)
        judge = judging.judge(config, name, net, pixels, split, look)
        kept = ("dataset", "seed", "gan_step", "d_step", "method")
        lines = []
        for line in measured:
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
    judging.check_logits(config, name, net)
    method, split = set_names.distinct([config.a, config.b])
    look = None
    if config.cluster:
        splits = judging.parts(config, len(images))
        a, b = (image_places.folder(config, flag, config.size) for flag in "ab")
        asked = [shared_looks.asked(a, images, config.n, splits)]
        if pixels is not None:
            asked.append(shared_looks.asked(b, pixels, config.n))
        look = shared_looks.looks(config, _file(config.features, ""), asked)
    judge = judging.judge(config, name, net, pixels, split, look)
    key = {"seed": 0, "gan_step": 0, "d_step": 0, "method": method}
    return [key | judge(images)]


def _asked(
    config: Any,
    place: image_places.Place,
    pixels: classifier.Pixels | None,
    workdir: str,
    run: run_folder.Run,
    measured: Sequence[Mapping[str, Any]],
) -> Iterator[shared_looks.Asked]:
    """The images that a run is compared with, if there are any, and its samples."""
    if pixels is not None:
        yield shared_looks.asked(place, pixels, config.n)
    for line in measured:
        for drawn in pictures.samples(run, [line]).values():
            key = {name: line[name] for name in ("gan_step", "d_step", "method")}
            file = pathlib.Path(workdir, recovery.sample_file(**key))
            splits = judging.parts(config, len(drawn["x"]))
            place = image_places.samples(file)
            yield shared_looks.asked(place, drawn["x"], config.n, splits)


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
