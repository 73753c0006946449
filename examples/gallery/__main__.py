"""Eight GANs through the front door: lines of numbers, and their table.

python -m examples.gallery --gan=hinge --seed=0 --out=lines.jsonl
python -m examples.gallery --table lines.jsonl
"""

import argparse
import json
import pathlib
import subprocess
import sys

from examples.gallery import table


def run(gan: str, seed: int, out: pathlib.Path) -> None:
    """Appends the line of one GAN and seed, unless the file has it."""
    if out.exists() and (gan, seed) in {(r["gan"], r["seed"]) for r in read([out])}:
        return
    from examples.gallery import measuring, shared

    line = json.dumps(measuring.measured(gan, seed, shared.fashion_mnist()))
    with out.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def run_all(seeds: list[int], out: pathlib.Path) -> None:
    """Each in a process of its own, seed by seed."""
    from examples.gallery import rows

    for seed in seeds:
        for gan in rows.GANS:
            flags = [f"--gan={gan}", f"--seed={seed}", f"--out={out}"]
            subprocess.run(
                [sys.executable, "-m", "examples.gallery", *flags], check=True
            )


def read(paths: list[pathlib.Path]) -> list[dict]:
    """The lines of files."""
    texts = [path.read_text("utf-8").splitlines() for path in paths]
    return [json.loads(line) for text in texts for line in text]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gan", help="name of one GAN; all without it")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="random seeds")
    parser.add_argument("--out", type=pathlib.Path, help="file that gets the lines")
    files = {"type": pathlib.Path, "nargs": "+", "metavar": "FILE"}
    parser.add_argument("--table", help="files of lines to make the table of", **files)
    flags = parser.parse_args()
    if flags.table:
        print(table.summary(read(flags.table)), end="")
    elif flags.out is None:
        parser.error("--out=FILE or --table FILE... is needed")
    elif flags.gan is None:
        run_all(flags.seed, flags.out)
    else:
        for seed in flags.seed:
            run(flags.gan, seed, flags.out)


if __name__ == "__main__":
    main()
