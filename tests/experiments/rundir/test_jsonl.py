"""Tests for experiments.rundir.jsonl."""

import json
import os

import numpy as np
import pytest

from experiments.cli import errors
from experiments.rundir import jsonl

KEY = ("phase", "step")


def line(step, **metrics):
    return {"phase": "train", "step": step, **metrics}


def test_lines_are_kept_in_order_and_found_again(tmp_path):
    path = tmp_path / "results.jsonl"
    table = jsonl.Table(path)
    assert table.append(line(2, kl=0.1), KEY)
    assert table.append(line(1, kl=None), KEY)
    assert path.read_text() == (
        '{"phase": "train", "step": 2, "kl": 0.1, "crc32": "d0612fad"}\n'
        '{"phase": "train", "step": 1, "kl": null, "crc32": "84f21e57"}\n'
    )
    assert jsonl.Table(path).lines() == [line(2, kl=0.1), line(1, kl=None)]


def test_a_key_is_written_once_and_the_first_line_stays(tmp_path):
    path = tmp_path / "results.jsonl"
    jsonl.Table(path).append(line(1, kl=0.1), KEY)
    resumed = jsonl.Table(path)
    assert resumed.has(phase="train", step=1)
    assert not resumed.has(phase="train", step=2)
    assert not resumed.append(line(1, kl=0.2), KEY)
    assert resumed.lines() == [line(1, kl=0.1)]
    assert path.read_text().count("\n") == 1


def test_a_line_of_other_numbers_is_another_where_their_names_count(tmp_path):
    table = jsonl.Table(tmp_path / "a")
    assert table.append(line(1, kl=0.1, js=None), KEY, named=("kl", "js"))
    assert not table.append(line(1, kl=0.2), KEY, named=("kl",))
    assert table.append(line(1, good=0.3), KEY, named=("good",))
    assert table.find(line(1), named=("good",)) == line(1, good=0.3)
    assert table.find(line(1), named=("kl", "good")) is None


def test_numpy_scalars_are_written_as_numbers(tmp_path):
    table = jsonl.Table(tmp_path / "a")
    table.append(line(np.int64(1), kl=np.float64(0.1), at=(np.float32(0.5), 2)), KEY)
    assert table.has(step=1) and table.has(step=np.int64(1))
    assert jsonl.Table(tmp_path / "a").lines() == [line(1, kl=0.1, at=[0.5, 2])]


@pytest.mark.parametrize("value", [float("nan"), np.float32("inf"), [1.0, np.nan]])
def test_a_result_that_is_not_a_number_stops_the_run_by_name(value, tmp_path):
    table = jsonl.Table(tmp_path / "a")
    with pytest.raises(FloatingPointError, match="'kl'"):
        table.append(line(1, kl=value), KEY)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("damage", [b'{"phase": "tr', b"[1]", b"\xff", b""])
def test_a_damaged_line_is_refused_by_its_number(damage, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_bytes(b'{"step": 1}\n' + damage + b"\n")
    with pytest.raises(errors.Refused, match=r"results.jsonl', line 2, was damaged"):
        jsonl.Table(path)


@pytest.mark.parametrize(
    "text, sentence",
    [
        ('{"kl": 1e999}', "1e999 is not a finite number"),
        ('{"kl": NaN}', "NaN is not a finite number"),
        ('{"kl": -Infinity}', "-Infinity is not a finite number"),
        ('{"kl": [0.1]}', "its 'kl' is '[0.1]', not a number"),
        ('{"kl": "0.1"}', "its 'kl' is '0.1', not a number"),
        ('{"fd_net_pool_1k_test": true}', "not a number"),
        ('{"seed": 1.0}', "its 'seed' is '1.0', not a whole number"),
        ('{"d_step": true}', "not a whole number"),
        ('{"gan_step": null}', "not a whole number"),
        (f'{{"n": {10**19}}}', "does not fit in 64 bits"),
        (f'{{"n": {"9" * 5000}}}', "does not fit in 64 bits"),
        ('{"method": 3}', "its 'method' is '3', not a text"),
        (r'{"dataset": "a\nb"}', "not a text"),
        (r'{"dataset": "a\u0000"}', "not a text"),
        (r'{"dataset": "\ud800"}', "surrogates not allowed"),
        ('{"kl": 1, "kl": 2}', "it has 'kl' twice"),
        ("[" * 100_000, "recursion"),
        ('"' + "a" * 2**20 + '"', "it is too long"),
    ],
    ids=range(18),
)
def test_a_line_with_a_wrong_value_is_refused_in_one_sentence(text, sentence, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text(f'{{"seed": 0}}\n{text}\n')
    with pytest.raises(errors.Refused) as told:
        jsonl.Table(path)
    assert str(told.value).startswith(f"{str(path)!r}, line 2, was damaged (")
    assert sentence in str(told.value) and len(str(told.value).splitlines()) == 1


def summed(folder):
    table = jsonl.Table(folder / "results.jsonl")
    for step in range(4):
        table.append(line(step, kl=step / 7), KEY)
    return table.path


def test_whatever_bit_of_a_table_is_flipped_its_line_is_refused(tmp_path):
    path = summed(tmp_path)
    content = path.read_bytes()
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        with pytest.raises(errors.Refused, match=r"remove (that|those) line"):
            jsonl.Table(path)


def test_all_damaged_lines_are_named_at_once(tmp_path):
    path = summed(tmp_path)
    text = path.read_text().replace('"step": 1', '"step": 9')
    path.write_text(text.replace("}", "", 1))
    sentence = r"lines 1, 2, were damaged \(line 1: .*\): remove those lines"
    with pytest.raises(errors.Refused, match=sentence):
        jsonl.Table(path)


def test_a_table_in_the_place_of_another_is_refused_and_a_copy_is_not(tmp_path):
    path = summed(tmp_path)
    copy, other = tmp_path / "mine.jsonl", tmp_path / "training.jsonl"
    for name in (copy, other):
        name.write_bytes(path.read_bytes())
    assert jsonl.Table(copy).lines() == jsonl.Table(path).lines()
    told = r"training\.jsonl' has the lines of results\.jsonl: give each file its name"
    with pytest.raises(errors.Refused, match=told):
        jsonl.Table(other)
    damage = '{"seed": 0, "crc32": "00000000"}\n'
    with other.open("a") as file:
        file.write(damage)
    with pytest.raises(errors.Refused, match=told):
        jsonl.Table(other)
    other.rename(path)
    with pytest.raises(errors.Refused, match="line 5, was damaged"):
        jsonl.Table(path)
    path.write_text(path.read_text().splitlines(True)[0] + damage)
    path.rename(other)  # no more of one table than of none
    with pytest.raises(errors.Refused, match="it does not have its checksum"):
        jsonl.Table(other)


def test_lines_without_checksums_are_read_and_get_them_with_the_next(tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_text('{"phase": "train", "step": 7}\n')
    jsonl.Table(path).append(line(8), KEY)
    assert path.read_text().count('"crc32"') == 2
    assert jsonl.Table(path).lines() == [line(7), line(8)]


def test_a_table_that_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "results.jsonl")
    with pytest.raises(errors.Refused, match=r"results\.jsonl' is a named pipe"):
        jsonl.Table(tmp_path / "results.jsonl")


def test_a_copy_may_have_been_edited(tmp_path):
    path = tmp_path / "results.jsonl"
    jsonl.Table(path).append(
        {"method": "standard", "good": 0.5, "x": 1}, key=["method"]
    )
    line = json.loads(path.read_text())
    del line["x"]
    path.write_text(json.dumps(line) + "\n")
    with pytest.raises(errors.Refused, match="it does not have its checksum"):
        jsonl.Table(path)
    (found,) = jsonl.Table(path, copy=True).lines()
    assert found == {"method": "standard", "good": 0.5}
