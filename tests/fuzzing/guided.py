"""Damages files of one reader so that it takes ways it has not taken yet (atheris).

    make fuzz-guided READER=IDX MINUTES=10

libFuzzer begins with the valid files, and goes on from what took a new way through
this project's code. A finding ends it, with the file that made it.
"""

import argparse
import pathlib
import tempfile
import warnings

import atheris

with atheris.instrument_imports(include=["tf_collab", "experiments"]):
    from fuzzing import readers
    from fuzzing.reader import outcome

SLOW, MOST = 10, 4096  # seconds of an input, MiB of the process


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--reader", required=True, help="its name in the table")
    asked.add_argument("--minutes", type=float, default=10, help="how long")
    given = asked.parse_args()
    named = {reader.name: reader for reader in readers.READERS}
    if given.reader not in named:
        asked.error(f"--reader is one of {', '.join(named)}")
    reader = named[given.reader]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        corpus, place = pathlib.Path(folder, "corpus"), pathlib.Path(folder, "input")
        corpus.mkdir()
        place.mkdir()
        for i, content in enumerate(reader.valid()):
            (corpus / str(i)).write_bytes(content)
        limits = f"-max_total_time={60 * given.minutes:.0f}", f"-timeout={SLOW}"
        limits += f"-rss_limit_mb={MOST}", "-len_control=0", "-print_final_stats=1"
        limits += (f"-artifact_prefix={tempfile.gettempdir()}/",)  # of what was found
        atheris.Setup(
            ["guided", *limits, str(corpus)],
            lambda content: outcome(reader, content, place) and None,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
