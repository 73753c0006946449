"""Programs that make lines make each once, and show those that are there."""

import pytest

from benchmarks import json_lines


def collect(asked, made, *argv):
    flags = json_lines.parser("About.").parse_args([*map(str, argv)])
    work = [
        (k, lambda k=k: made.append(k) or {"key": k, "n": len(made)}) for k in asked
    ]
    table = lambda lines: f"{len(lines)} lines\n"
    json_lines.collect(flags, work, lambda line: line["key"], table)


def test_what_is_there_is_not_made_again(tmp_path):
    file, made = tmp_path / "new" / "lines.jsonl", []
    collect("ab", made, f"--out={file}")
    collect("cab", made, f"--out={file}")
    assert made == ["a", "b", "c"]
    assert [line["key"] for line in json_lines.read(file)] == made


def test_a_line_is_there_before_the_next_is_made(tmp_path):
    file = tmp_path / "lines.jsonl"

    def second():
        assert [line["key"] for line in json_lines.read(file)] == [1]
        raise KeyboardInterrupt

    flags = json_lines.parser("").parse_args([f"--out={file}"])
    with pytest.raises(KeyboardInterrupt):
        work = [(1, lambda: {"key": 1}), (2, second)]
        json_lines.collect(flags, work, lambda line: line["key"], str)
    assert len(json_lines.read(file)) == 1


def test_a_table_is_printed_and_nothing_made(tmp_path, capsys):
    file, made = tmp_path / "lines.jsonl", []
    collect("ab", made, f"--out={file}")
    collect("abc", made, "--table", file)
    assert made == ["a", "b"] and capsys.readouterr().out == "2 lines\n"


def test_a_file_is_asked_for():
    with pytest.raises(SystemExit, match="--out=FILE or --table FILE is needed"):
        collect("a", [])
