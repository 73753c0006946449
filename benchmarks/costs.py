"""Time and memory of each experiment, from short runs of its own command.

    python -m benchmarks.costs --out=FILE
    python -m benchmarks.costs --table FILE

Each flag file is run twice for some steps of each phase, once for twice as many, at
full width and batch. The seconds that the second takes more are those of the further
steps, so neither tracing nor imports count. The whole is a sum of products:

    steps of the GAN / (steps a second)
    + GAN steps that are tuned at x (calibration + shaping, each likewise)
    + GAN steps that are tuned at x samples / (samples a second)

Samples are refined, or plain where D is not tuned. The sum is without pictures and
measures. Images are noise, on which nets take as long as on any.
"""

import contextlib
import functools
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from benchmarks import json_lines
from experiments.cli import flags as command_line

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class Row(NamedTuple):
    """An experiment, and how short its short runs are."""

    program: str
    flag_file: str
    steps: int  # of the GAN
    tuning: int  # of D, for each use; 0 where its flag file tunes none
    samples: int
    more: tuple[str, ...] = ()
    images: int = 0  # pixels of a side, where a folder of noise stands for the data


ROWS = {
    "ring in the plane": Row("mog2d", "imbal_8gaussians", 2000, 400, 20_000),
    "Coulomb GAN in the plane": Row("coulomb", "25gaussians_coulomb", 500, 200, 20_000),
    "NSGAN, Fashion-MNIST": Row("mnist", "fashion_mnist_nsgan", 20, 4, 200),
    "DCGAN, CelebA": Row("celeba", "celeba_dcgan", 3, 1, 40, images=64),
    "Coulomb GAN, LSUN": Row("coulomb", "lsun_coulomb", 2, 0, 256, images=64),
}
PHASES = ("train", "calibrate", "shape")
HEADS = (
    "| experiment | steps of the GAN, a second | calibration, shaping: steps, a second "
    "| samples, a second | memory (MiB) | in all |",
    "|:--|--:|--:|--:|--:|--:|",
)


def noise(folder: pathlib.Path, side: int) -> None:
    """Pictures that have nothing to learn."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(600):
        pixels = rng.integers(0, 256, (side, side, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:03d}.png")


def command(row: Row, data: pathlib.Path | None) -> list[str]:
    """The flags of an experiment, as its flag file has them."""
    given = [f"--flagfile=experiments/configs/{row.flag_file}.flags", *row.more]
    if data is not None:
        given += ["--dataset=folder", f"--data_dir={data}"]
    return given


def whole(row: Row, given: list[str]) -> dict[str, int]:
    """How much of everything there is in the end."""
    program: Any = importlib.import_module(f"experiments.{row.program}")
    config: Any = command_line.parse(program.Config, [row.program, *given])
    return {
        "gan_steps": config.gan_goal,
        "tuned_at": len(config.gan_steps),
        "calibrate": config.calibrate_iters,
        "shape": config.shape_iters,
        "samples": config.num_samples,
    }


def short(row: Row, given: list[str], times: int) -> dict[str, float]:
    """Seconds of each phase in a run of so many times the row's steps, and memory."""
    steps, tuning = row.steps * times, row.tuning * times
    count = [f"--iterations={steps / 1000}", f"--stats_every={steps}"]
    count.append(f"--checkpoint_every={steps}")
    if row.program != "coulomb":
        count = [f"--niters={steps}", f"--eval_every={10 * steps}"]
    count += [f"--calibrate_iters={tuning}", f"--shape_iters={tuning}"]
    method = "refinement" if row.tuning else "standard"
    count += [f"--num_samples={row.samples * times}", f"--method={method}"]
    count += [f"--ckpt_num={steps}"]
    if row.program in ("mnist", "celeba"):
        count.append("--features=random")
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", f"experiments.{row.program}", *given, *count]
        place = f"--workdir={folder}/run"
        subprocess.run([*argv, place], check=True, stdout=subprocess.DEVNULL)
        lines = json_lines.read(pathlib.Path(folder, "run", "timings.jsonl"))
    found = dict.fromkeys((*PHASES, "draw", "memory_mib"), 0.0)
    for line in lines:
        if "method" not in line:
            found[line["phase"].partition("-")[0]] = line["seconds"]
            found["memory_mib"] = max(found["memory_mib"], line["peak_memory_mib"])
        elif line["method"] == method:  # the last is by the D that was shaped
            found["draw"] = line["seconds"]
    return found


def measured(name: str) -> dict[str, Any]:
    """A line of numbers: all there is to do, and how fast it goes."""
    row = ROWS[name]
    with contextlib.ExitStack() as leave:
        data = None
        if row.images:
            place = leave.enter_context(tempfile.TemporaryDirectory())
            data = pathlib.Path(place, "noise")
            noise(data, row.images)
        given = command(row, data)
        once, twice = (short(row, given, times) for times in (1, 2))
        line = {"experiment": name, **whole(row, given)}
    counts = dict.fromkeys(PHASES, row.tuning) | {"train": row.steps}
    for phase, count in {**counts, "draw": row.samples}.items():
        apart = twice[phase] - once[phase]
        line[f"{phase}_per_second"] = round(count / apart, 3) if apart > 0 else None
    return line | {"memory_mib": twice["memory_mib"], "cores": os.cpu_count()}


def hours(line: dict[str, Any]) -> float | None:
    """Of the whole experiment, by the formula above; None where a speed is missing."""
    due = [name for name in PHASES[1:] if line[name]]
    if None in [line[f"{name}_per_second"] for name in ("train", "draw", *due)]:
        return None
    tuned = sum(line[name] / line[f"{name}_per_second"] for name in due)
    tuned += line["samples"] / line["draw_per_second"]
    trained = line["gan_steps"] / line["train_per_second"]
    return (trained + line["tuned_at"] * tuned) / 3600


def table(lines: list[dict[str, Any]]) -> str:
    rows = [*HEADS]
    for line in lines:
        speeds = [line[f"{p}_per_second"] for p in (*PHASES, "draw")]
        told = ("–" if speed is None else f"{speed:.3g}" for speed in speeds)
        train, calibrate, shape, draw = told
        at = f"{line['tuned_at']} x " if line["tuned_at"] > 1 else ""
        tuning = f"{at}({line['calibrate']}, {calibrate}; {line['shape']}, {shape})"
        if not (line["calibrate"] or line["shape"]):
            tuning = "none"
        cells = (
            *(line["experiment"], f"{line['gan_steps']}, {train}", tuning),
            *(f"{at}{line['samples']}, {draw}", f"{line['memory_mib']:.0f}"),
            "–" if (hour := hours(line)) is None else f"{hour:.2g} hours",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    flags = json_lines.parser(__doc__).parse_args()
    work = ((name, functools.partial(measured, name)) for name in ROWS)
    json_lines.collect(flags, work, lambda line: line["experiment"], table)


if __name__ == "__main__":
    main()
