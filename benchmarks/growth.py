"""How time and memory of refined samples grow: each point in a process of its own.

    python -m benchmarks.growth --out=FILE
    python -m benchmarks.growth --table FILE
    python -m benchmarks.growth --figure=FILE.png --table FILE

A line is a point: one value of one axis, all else as in `POINT`. Seconds are those of
a draw after another of one batch, so without tracing; memory is the peak of the
process beyond the peak of its imports and nets. Points that are there are not made
again.
"""

import argparse
import functools
import json
import math
import os
import pathlib
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks import json_lines

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Refinement in the plane, of the first layer behind z.
POINT = {"samples": 10_000, "batch": 1000, "steps": 20, "coordinates": 2, "side": None}
AXES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {  # what else is, and values
    "samples": ({}, (1000, 10_000, 100_000, 1_000_000)),
    "batch": ({"samples": 100_000}, (100, 1000, 10_000, 100_000)),
    "steps": ({}, (5, 20, 100, 500)),
    "coordinates": ({}, (2, 32, 512, 8192)),
    "side": ({"samples": 64, "batch": 32}, (32, 64, 128)),  # of images by DCGANs
}
WORDS = {
    "samples": "samples n",
    "batch": "batch, of 100 000 samples",
    "steps": "steps of refinement K",
    "coordinates": "coordinates of a sample",
    "side": "side of 64 images (pixels)",
    "workers": "workers, of 1000 images",
}
HEADS = (
    "| axis | values | seconds | grows with the power | memory (MiB) | "
    "with the power |",
    "|:--|:--|:--|--:|:--|--:|",
)


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(point: dict[str, Any]) -> dict[str, float]:
    """Seconds and memory of a draw, in this process."""
    import tf_collab as tc

    if point["side"]:
        generator = tc.models.DCGANGenerator(point["side"], channels=3)
        discriminator = tc.models.DCGANDiscriminator(point["side"], channels=3)
        prior = tc.priors.uniform(100)
    else:
        generator = tc.models.MLPGenerator(dim=point["coordinates"])
        discriminator = tc.models.MLPDiscriminator(dim=point["coordinates"])
        prior = tc.priors.normal(2)
    gan = tc.GAN(generator, discriminator, prior, tc.objectives.nsgan())
    batch = point["batch"]
    real = gan.scored(generator(prior(64, (0, 1))))
    walk = tc.sampling.refine(
        gan, tc.policies.adam(0.01), layer=1, steps=point["steps"]
    )
    sampler = tc.sampling.compose(walk, tc.sampling.always())
    before = peak_mib()

    def seconds(n: int) -> float:
        begun = time.perf_counter()
        how = {"real": real, "batch": batch, "seed": 0}
        tc.sampling.draw(sampler, prior, n, **how)
        return time.perf_counter() - begun

    first = seconds(batch)
    found = {"first_batch": round(first, 3), "seconds": seconds(point["samples"])}
    found["seconds"] = round(found["seconds"], 3)
    return found | {"memory_mib": round(peak_mib() - before, 1)}


def key(line: json_lines.Line) -> tuple[str, int]:
    return line["axis"], line["value"]


def power(values: list[int], numbers: list[float]) -> str:
    """The exponent between the last two points."""
    (a, b), (x, y) = values[-2:], numbers[-2:]
    return f"{math.log(max(y, 1e-3) / max(x, 1e-3)) / math.log(b / a):.2f}"


def table(lines: list[dict[str, Any]]) -> str:
    rows = [*HEADS]
    for axis, words in WORDS.items():
        own = [line for line in lines if line["axis"] == axis]
        if len(own) < 2:
            continue
        values = [line["value"] for line in own]
        cells = [words, ", ".join(map(str, values))]
        for name in ("seconds", "memory_mib"):
            numbers = [line[name] for line in own]
            cells += [", ".join(f"{n:.3g}" for n in numbers), power(values, numbers)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def figure(lines: list[dict[str, Any]], path: pathlib.Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot, ticker

    made, places = pyplot.subplots(2, len(WORDS), figsize=(15, 5), layout="constrained")
    for column, axis in zip(places.T, WORDS):
        # A logarithm has no place for a job without workers.
        own = [line for line in lines if line["axis"] == axis and line["value"]]
        values = [line["value"] for line in own]
        heads = ("seconds", "time (s) ↓"), ("memory_mib", "peak memory (MiB) ↓")
        for place, (name, words) in zip(column, heads):
            numbers = [line[name] for line in own]
            place.plot(values, numbers, "o-", color="tab:blue")
            first = axis == "workers" and name == "seconds"  # more go faster
            power, at = (-1, 0) if first else (1, -1)
            in_step = [numbers[at] * (v / values[at]) ** power for v in values]
            place.plot(values, in_step, ":", color="grey")
            place.set_xscale("log")
            place.set_yscale("log")
            place.set_xticks(values, [f"{v:g}" for v in values])
            place.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 3)))
            place.yaxis.set_major_formatter("{x:g}")
            for lines_of in (place.xaxis, place.yaxis):
                lines_of.set_minor_formatter(ticker.NullFormatter())
            place.set_xlabel(WORDS[axis])
            if axis == "samples":
                place.set_ylabel(words)
    made.suptitle("Refined samples: time and memory; dotted: in proportion")
    made.savefig(path, dpi=80)


def main() -> None:
    parser = json_lines.parser(__doc__)
    parser.add_argument("--figure", type=pathlib.Path, help="picture of --table's file")
    parser.add_argument("--point", help=argparse.SUPPRESS)  # in a process of its own
    flags = parser.parse_args()
    if flags.point:
        print(json.dumps(measured(json.loads(flags.point))))
        return
    work = (
        ((axis, value), functools.partial(apart, axis, value))
        for axis, (_, values) in AXES.items()
        for value in values
    )
    json_lines.collect(flags, work, key, table)
    if flags.table and flags.figure:
        figure(json_lines.read(flags.table), flags.figure)


def apart(axis: str, value: int) -> dict[str, Any]:
    """The line of a point, from a process of its own."""
    point = json.dumps({**POINT, **AXES[axis][0], axis: value})
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", f"--point={point}"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return {"axis": axis, "value": value, **json.loads(done.stdout)}


if __name__ == "__main__":
    main()
