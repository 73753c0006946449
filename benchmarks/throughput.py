"""Time and memory of a job by one process on one core, and by many of this machine.

    python -m benchmarks.throughput --collaboration=FOLDER --block=64 --workdir=JOBS \
      --method=refinement --out=FILE

`FOLDER` is what `experiments.sample` leaves of a tuning. Blocks are counted from the
fourth on, so that starts and tracing are left out. A line has the seconds of a thousand
samples, and the memory of all processes without what they share. `benchmarks.growth`
makes the table.
"""

import argparse
import contextlib
import functools
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import psutil

from benchmarks import growth, json_lines

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

BLOCKS = 5000  # of a job: more than it can draw meanwhile
BEGUN = 4  # blocks that are there when the clock starts
POLL = 0.01  # seconds between two looks


def until(blocks: pathlib.Path, count: int, process: subprocess.Popen) -> int:
    """How many files of blocks there are, once they are `count` or more."""
    while (there := sum(1 for _ in blocks.glob("[0-9]*"))) < count:
        if process.poll() is not None:
            sys.exit(f"the job ended with {process.returncode}")
        time.sleep(POLL)
    return there


def own_mib(pid: int) -> float:
    """Memory of a process and of all that it started, without what they share."""
    program, total = psutil.Process(pid), 0
    for one in (program, *program.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += one.memory_full_info().uss
    return total / 2**20


def measured(flags: argparse.Namespace, workers: int) -> json_lines.Line:
    """The line of a job of so many workers; of 0, of a program that draws by itself."""
    folder = flags.workdir / f"workers-{workers}"
    shutil.rmtree(folder, ignore_errors=True)
    many = ["--cluster=local", f"--workers={workers}"] if workers else []
    command = [
        *(sys.executable, "-m", "experiments.sample", *many, "--format=npz"),
        *(f"--collaboration={flags.collaboration}", f"--method={flags.method}"),
        *(f"--block={flags.block}", f"--n={flags.block * BLOCKS}", "--threads=1"),
        f"--workdir={folder}",
    ]
    with subprocess.Popen(
        command, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            if not workers:
                psutil.Process(process.pid).cpu_affinity([0])
            first = until(folder / "blocks", max(BEGUN, 2 * workers), process)
            begun = time.monotonic()
            time.sleep(flags.seconds)
            there = until(folder / "blocks", first, process)
            last = until(folder / "blocks", there + 1, process)
            passed = time.monotonic() - begun
            memory = own_mib(process.pid)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    drawn = (last - first) * flags.block
    return {
        "axis": "workers",
        "value": workers,
        "block": flags.block,
        "method": flags.method,
        "seconds": round(1000 * passed / drawn, 3),
        "memory_mib": round(memory, 1),
    }


def main() -> None:
    parser = json_lines.parser(__doc__)
    parser.add_argument("--collaboration", help="folder of what was tuned")
    parser.add_argument("--block", type=int, default=64, help="samples of a block")
    parser.add_argument("--method", default="refinement", help="sampler")
    parser.add_argument("--seconds", type=float, default=45, help="that are counted")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2, 4])
    parser.add_argument("--workdir", type=pathlib.Path, help="new folder of the jobs")
    flags = parser.parse_args()
    if flags.out and not (flags.collaboration and flags.workdir):
        parser.error("--collaboration and --workdir are needed beside --out")
    work = (
        (("workers", count), functools.partial(measured, flags, count))
        for count in flags.workers
    )
    json_lines.collect(flags, work, growth.key, growth.table)


if __name__ == "__main__":
    main()
