"""Files of a run that are damaged, or in another's place, are made again."""

import json

import numpy as np
import pytest
from helpers import bare_runs
from matplotlib import figure

from experiments.cli import errors
from experiments.rundir import pictures, recovery
from tf_collab import marks

KEYS = [
    {"gan_step": 2, "d_step": 0, "method": name} for name in ("standard", "hastings")
]


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(one, other):
    ours, theirs = one.read_bytes(), other.read_bytes()
    one.write_bytes(theirs)
    other.write_bytes(ours)


def sampled(run):
    for number, key in enumerate(KEYS):
        name = recovery.sample_file(**key)
        with run.writing(name) as path:
            np.savez(path, x=np.full(300, float(number)), score=np.zeros(300))
            marks.mark(path, name)
        run.results.append(
            {**key, "seed": 0, "phase": "calibrate", "n": 300}, key=tuple(key)
        )


def test_samples_are_kept_while_they_are_whole_and_in_their_place(tmp_path):
    with bare_runs.start(tmp_path) as run:
        sampled(run)
        assert all(recovery.is_kept(run, **key) for key in KEYS)
        paths = [run.at(recovery.sample_file(**key)) for key in KEYS]
        swap(*paths)
        assert not any(recovery.is_kept(run, **key) for key in KEYS)
        swap(*paths)
        flip(paths[1])
        assert [recovery.is_kept(run, **key) for key in KEYS] == [True, False]


def test_what_was_damaged_is_told_when_it_is_made_again(tmp_path, capsys):
    with bare_runs.start(tmp_path) as run:
        sampled(run)
        names = [recovery.sample_file(**key) for key in KEYS]
        flip(run.at(names[1]))
        for name in (*names, "samples/lost.npz"):
            recovery.tell_damaged(run, name)
    told = capsys.readouterr().err
    words = "was damaged, or is another file in its place: it is made again"
    assert told.splitlines()[-1].endswith(f"{names[1]} {words}")
    assert told.count("was damaged") == 1


def test_samples_of_another_sampler_are_not_shown(tmp_path, capsys):
    with bare_runs.start(tmp_path) as run:
        sampled(run)
        swap(*(run.at(recovery.sample_file(**key)) for key in KEYS))
        assert pictures.samples(run, run.results.lines()) == {}
    assert "the run's own command draws it again" in capsys.readouterr().err


@pytest.mark.parametrize("harm", [flip, lambda path: path.write_bytes(b""), None])
def test_pictures_are_due_when_one_is_damaged_or_swapped(harm, tmp_path, capsys):
    with bare_runs.start(tmp_path) as run:
        album = pictures.Album(run, 2, {"shaped": 1})
        assert album.is_due
        with album:
            for name in ("a", "b"):
                drawn = figure.Figure((1, 1))
                drawn.text(0.5, 0.5, name)
                album.show(name, drawn)
        again = pictures.Album(run, 2, {"shaped": 1})
        assert not again.is_due
        paths = [run.at(f"figures/{name}-g2.png") for name in ("a", "b")]
        swap(*paths) if harm is None else harm(paths[0])
        assert again.is_due and "damaged" not in capsys.readouterr().err
        with again:
            again.show("a", drawn)
    told = capsys.readouterr().err
    assert "figures/a-g2.png was damaged, or is another file in its place" in told
    assert ("figures/b-g2.png was damaged" in told) is (harm is None)


@pytest.mark.parametrize("name", ["a" * 300, "../../x", "a\0b", "é" * 200])
def test_pictures_are_due_when_their_mark_names_no_picture_of_a_run(name, tmp_path):
    with bare_runs.start(tmp_path) as run:
        with run.writing("figures/shown-g2.json") as path:
            path.write_text(
                json.dumps([[], {"shaped": 1}, {f"figures/{name}.png": ""}])
            )
        assert pictures.Album(run, 2, {"shaped": 1}).is_due


def test_a_damaged_curve_is_drawn_again_from_the_lines(tmp_path):
    with bare_runs.start(tmp_path) as run:
        for at in (2, 4):
            key = {"gan_step": at, "d_step": 0, "method": "standard", "seed": 0}
            run.results.append({**key, "n": 300, "js": at / 10}, key=tuple(key))
        pictures.write(run, [])
        (curve,) = run.at("figures").glob("js-*.png")
        whole = curve.read_bytes()
        flip(curve)
        pictures.write(run, [])
        assert curve.read_bytes() == whole


def test_a_folder_in_the_way_of_a_file_is_told_and_what_to_do(tmp_path):
    with bare_runs.start(tmp_path) as run:
        run.folder("samples")
        run.at("samples/a.npz").mkdir()
        with pytest.raises(OSError) as told, run.writing("samples/a.npz"):
            pass
    sentence, status = errors.last_words(told.value)
    assert status == 2
    assert sentence.endswith("a folder is in the way of that file: move it away.")


def test_a_log_that_is_a_folder_is_told_and_what_to_do(tmp_path):
    with bare_runs.start(tmp_path) as run:
        run.folder("log")
        with pytest.raises(OSError) as told:
            run.log("a line")
    assert errors.last_words(told.value)[0].endswith("of that file: move it away.")


def test_a_table_that_is_a_folder_is_told_and_what_to_do(tmp_path):
    bare_runs.finish(tmp_path)
    (tmp_path / "results.jsonl").mkdir()
    with pytest.raises(errors.Refused, match="is a folder: move it away"):
        bare_runs.start(tmp_path).__enter__()


def test_a_damaged_record_is_told_and_what_to_do(tmp_path):
    bare_runs.finish(tmp_path)
    record = tmp_path / "config.json"
    for damaged in ("half", record.read_text().replace('"version"', '"versioo"')):
        record.write_text(damaged)
        with pytest.raises(errors.Refused, match="put a copy of it back, or take anot"):
            bare_runs.start(tmp_path).__enter__()
