"""The counts of the page on damaged files are those of the committed lines."""

import json
import pathlib

from fuzzing import readers, run, table

RESULTS = pathlib.Path(__file__).parents[2] / "docs/results"
LINES = [
    json.loads(line)
    for line in (RESULTS / "fuzz.jsonl").read_text("utf-8").splitlines()
]


def test_every_reader_has_a_line_that_adds_up_and_nothing_was_left_unmended():
    assert [line["reader"] for line in LINES] == [one.name for one in readers.READERS]
    for line in LINES:
        assert line.keys() == {"reader", "asked", *run.BEGUN}
        assert line["refused"] + line["accepted"] == line["inputs"] > 0
        assert line["findings"] == 0 and line["asked"] == table.asked(line)


def test_a_fast_reader_is_asked_for_many_inputs_once_it_had_few():
    line = {"inputs": table.FEW - 1, "seconds": 1.0}
    assert table.asked(line) == table.FEW
    for seconds, asked in ((10.0, table.MANY), (10.1, table.FEW)):
        line = {"inputs": table.FEW, "seconds": seconds}
        assert table.asked(line) == asked


def test_the_page_has_the_table_of_the_lines():
    assert table.table(LINES) in (RESULTS / "fuzz.md").read_text("utf-8")
