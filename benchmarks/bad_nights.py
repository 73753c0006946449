"""A job whose workers and program are killed, beside the same job of one process.

    python -m benchmarks.bad_nights --collaboration=FOLDER --n=1000000 \
      --method=refinement --workdir=NIGHTS --out=FILE
    python -m benchmarks.bad_nights --table FILE

`FOLDER` is what `experiments.sample` leaves of a tuning. The first job is never broken
off. Of the second so many workers and programs are killed (SIGKILL), each when a share
of the blocks is there that chance decides; the program is given again each time. Then
all files of both are compared. A line of numbers goes to FILE.
"""

import argparse
import contextlib
import filecmp
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks import json_lines

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

JOB = (
    *("n", "block", "method", "format", "workers", "worker_kills"),
    *("program_kills", "seed"),
)
FIRST, LAST = 0.02, 0.95  # shares of the blocks between which kills come
HEADS = (
    "| job | one process (s) | workers | kills of workers, of the program | "
    "with kills (s) | files | with the same bytes |",
    "|:--|--:|--:|:--|--:|--:|--:|",
)


def moments(workers: int, programs: int, seed: int) -> list[tuple[float, str]]:
    """(share of the blocks, whom to kill), in the order of shares."""
    chance = random.Random(seed)
    whom = ["worker"] * workers + ["program"] * programs
    chance.shuffle(whom)
    return [*zip(sorted(chance.uniform(FIRST, LAST) for _ in whom), whom)]


def same(one: pathlib.Path, other: pathlib.Path) -> tuple[int, int]:
    """How many files both folders have in all, and how many of them are alike."""
    names = {
        str(path.relative_to(folder))
        for folder in (one, other)
        for path in folder.rglob("*")
        if path.is_file()
    }
    alike, _, _ = filecmp.cmpfiles(one, other, names, shallow=False)
    return len(names), len(alike)


def _workers(pid: int) -> list[int]:
    """The processes of Python that the program has started for its cluster."""
    found = []
    for name in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            stat = name.joinpath("stat").read_text("utf-8")
            words = name.joinpath("cmdline").read_bytes()
            parent = int(stat.rpartition(")")[2].split()[1])
            if parent == pid and b"spawn_main" in words:
                found.append(int(name.name))
    return found


@contextlib.contextmanager
def _begun(command: list[str]) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def broken(
    command: list[str],
    blocks: pathlib.Path,
    total: int,
    kills: list[tuple[float, str]],
    chance: random.Random,
) -> None:
    """Gives the command again until it ends by itself, with these kills on the way."""
    left = [*kills]
    while True:
        with _begun(command) as process:
            while process.poll() is None:
                time.sleep(0.05)
                there = sum(1 for _ in blocks.glob("[0-9]*"))
                if not left or there < left[0][0] * total:
                    continue
                pids = [process.pid]
                if left[0][1] == "worker" and not (pids := _workers(process.pid)):
                    continue
                del left[0]
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(pids), signal.SIGKILL)
        if process.returncode == 0:
            if left:
                sys.exit(f"{len(left)} kills came too late: the job was done")
            return
        if process.returncode != -signal.SIGKILL:
            sys.exit(f"the job ended with {process.returncode}")


def measured(flags: argparse.Namespace) -> dict[str, Any]:
    """Both jobs, and what came of them."""
    folders = [flags.workdir / name for name in ("unbroken", "broken")]
    given = [
        sys.executable,
        *("-m", "experiments.sample", f"--collaboration={flags.collaboration}"),
        *(f"--method={flags.method}", f"--n={flags.n}", f"--block={flags.block}"),
        *(f"--format={flags.format}", "--threads=1"),
    ]
    many = ["--cluster=local", f"--workers={flags.workers}"]
    seconds = []
    for folder, more in zip(folders, ([], many)):
        shutil.rmtree(folder, ignore_errors=True)
        begun = time.monotonic()
        command = [*given, *more, f"--workdir={folder}"]
        if more:
            total, chance = -(-flags.n // flags.block), random.Random(flags.seed)
            kills = moments(flags.worker_kills, flags.program_kills, flags.seed)
            broken(command, folder / "blocks", total, kills, chance)
        else:
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        seconds.append(round(time.monotonic() - begun, 1))
    files, alike = same(*(folder / "blocks" for folder in folders))
    line = dict(zip(JOB, job(vars(flags))))
    line |= {"seconds": seconds[0], "broken_seconds": seconds[1]}
    line["same_manifest"] = filecmp.cmp(
        *(folder / "manifest.json" for folder in folders), shallow=False
    )
    return line | {"files": files, "same_files": alike}


def table(lines: list[dict[str, Any]]) -> str:
    rows = [*HEADS]
    for line in lines:
        count = f"{line['n']:,}".replace(",", " ")
        job = f"{count} by {line['method']}, {line['format']}"
        kills = f"{line['worker_kills']}, {line['program_kills']}"
        cells = (
            *(job, f"{line['seconds']:.0f}", line["workers"], kills),
            *(f"{line['broken_seconds']:.0f}", line["files"], line["same_files"]),
        )
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    parser = json_lines.parser(__doc__)
    parser.add_argument("--collaboration", help="folder of what was tuned")
    parser.add_argument("--n", type=int, default=1_000_000, help="samples")
    parser.add_argument("--block", type=int, default=1000, help="samples of a block")
    parser.add_argument("--method", default="refinement", help="sampler")
    parser.add_argument("--format", default="npz", help="of the files")
    parser.add_argument("--workers", type=int, default=4, help="of the second job")
    parser.add_argument("--worker_kills", type=int, default=10, help="of workers")
    parser.add_argument("--program_kills", type=int, default=2, help="of the program")
    parser.add_argument("--seed", type=int, default=0, help="of the kills")
    parser.add_argument("--workdir", type=pathlib.Path, help="new folder of both jobs")
    flags = parser.parse_args()
    if flags.out and not (flags.collaboration and flags.workdir):
        parser.error("--collaboration and --workdir are needed beside --out")
    work = [(job(vars(flags)), lambda: measured(flags))]
    json_lines.collect(flags, work, job, table)


def job(line: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a line from others: the job, and how often it is broken off."""
    return tuple(line[name] for name in JOB)


if __name__ == "__main__":
    main()
