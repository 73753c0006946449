"""Files of results, a line each, and the programs that make them."""

import argparse
import json
import pathlib
from collections.abc import Callable, Hashable, Iterable
from typing import Any

__all__ = ["Line", "collect", "parser", "read"]

Line = dict[str, Any]


def read(path: pathlib.Path) -> list[Line]:
    """Each line as an object; a file that is missing has none."""
    texts = path.read_text("utf-8").splitlines() if path.exists() else []
    return [json.loads(text) for text in texts]


def parser(doc: str | None) -> argparse.ArgumentParser:
    """For a program of that docstring: --out makes lines, --table shows those made."""
    made = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    made.add_argument("--out", type=pathlib.Path, help="file that gets the lines")
    made.add_argument("--table", type=pathlib.Path, help="file to make the table of")
    return made


def collect(
    flags: argparse.Namespace,
    work: Iterable[tuple[Hashable, Callable[[], Line]]],
    key: Callable[[Line], Hashable],
    table: Callable[[list[Line]], str],
) -> None:
    """Prints the table of --table, or appends lines to --out as they are made.

    `work` has keys, and what makes the line of each; a key that a line of --out has is
    not made again. SystemExit where neither flag is given.
    """
    if flags.table:
        print(table(read(flags.table)), end="")
        return
    if flags.out is None:
        raise SystemExit("--out=FILE or --table FILE is needed: see --help")
    flags.out.parent.mkdir(parents=True, exist_ok=True)
    made = {key(line) for line in read(flags.out)}
    for asked, make in work:
        if asked not in made:
            line = json.dumps(make())
            with flags.out.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
