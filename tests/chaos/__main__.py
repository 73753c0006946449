"""Injects faults into tiny runs of every program, and looks at what is left.

    make chaos

Each fault is a line of --out, and lines that are there stay, so that a chaos which was
killed goes on. A folder of what went wrong is kept.
"""

import argparse
import gc
import json
import pathlib
import shutil
import sys
import tempfile
import warnings

from chaos import child, plan, rounds, subjects, table


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--out", type=pathlib.Path, required=True)
    asked.add_argument("--faults", type=int, default=300)
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--program", nargs="*", default=[*subjects.SUBJECTS])
    asked.add_argument("--kind", help="of kinds with this in their names alone")
    given = asked.parse_args()
    gc.freeze()  # what nobody looks through is not copied for a child
    gc.set_threshold(50_000, 5, 2)
    warnings.simplefilter("ignore")  # of threads, when a process forks
    place = pathlib.Path(tempfile.mkdtemp(prefix="chaos-"))
    made = place / "made"
    made.mkdir()
    child.call(subjects.make_inputs, made)
    kinds = [kind for kind in plan.KINDS if (given.kind or "") in kind]
    lines = _lines(given.out)
    wholes = {}
    for name in _with_needs(given.program):
        wholes[name] = rounds.unbroken(
            subjects.SUBJECTS[name], made, place / "scene", place / f"whole-{name}"
        )
        shutil.copytree(wholes[name].folder, made / name)
    own = {name: wholes[name] for name in given.program}
    planned = plan.Plan(own, kinds, given.seed)
    while one := planned.next(lines, given.faults):
        number = len(lines)
        line = rounds.of(
            subjects.SUBJECTS[one.program],
            one.fault,
            one.moment,
            wholes[one.program],
            made,
            place / "scene",
            (given.seed, number),
        )
        lines.append(line)
        with open(given.out, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if not line["ok"]:
            kept = (place / "scene").rename(place / f"wrong-{number}")
            print(f"{kept}: {json.dumps(line)}", flush=True)
    print(table.table(lines))
    wrong = [line for line in lines if not line["ok"]]
    if not wrong:
        shutil.rmtree(place)
    sys.exit(bool(wrong))


def _lines(out: pathlib.Path) -> list[dict]:
    if not out.exists():
        return []
    return [json.loads(line) for line in out.read_text("utf-8").splitlines()]


def _with_needs(programs: list[str]) -> list[str]:
    """The programs, each after that whose run it reads."""
    needed = [
        other
        for name in programs
        for other in (subjects.SUBJECTS[name].needs, subjects.SUBJECTS[name].begins)
        if other in subjects.SUBJECTS
    ]
    return [name for name in subjects.SUBJECTS if name in {*programs, *needed}]


if __name__ == "__main__":
    main()
