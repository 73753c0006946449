"""Tests for experiments.benchmarking.cell_workers, without a run."""

import contextlib
import pathlib
import types

import pytest

from experiments.benchmarking import cell_workers, cells, subjects
from experiments.cli import errors
from experiments.rundir import locks


@pytest.fixture
def seen(tmp_path, monkeypatch):
    """What is entered and left, and the folders in which sessions are."""
    told = types.SimpleNamespace(entered=[], left=[], workdirs=[], nets=0)

    def net():
        told.nets += 1

    @contextlib.contextmanager
    def entered(folder, workdir, programs, more):
        assert more == {"n": 2, "data_dir": f"/data/{folder}"}
        told.entered.append(folder)
        told.workdirs.append(workdir)
        task = types.SimpleNamespace(net=net)
        yield types.SimpleNamespace(line={"run": folder}, task=task)
        told.left.append(folder)

    drawn = lambda subject, judge, *given: [(subject.line["run"], *given)]
    monkeypatch.setattr(subjects, "entered", entered)
    place = lambda folder, workdir: pathlib.Path(workdir, subjects.FOLDER, folder)
    monkeypatch.setattr(subjects, "place", place)
    monkeypatch.setattr(cells, "draw", drawn)
    told.setting = cell_workers.Setting(str(tmp_path), {}, {"n": 2}, n=20)
    return told


def batch(folder, *wanted):
    places = {"data_dir": f"/data/{folder}"}
    return cell_workers.Batch(folder, {"run": folder}, wanted, 0.5, places)


def test_a_run_is_entered_once_for_all_its_cells_and_left_before_the_next(seen):
    with cell_workers.CellWorker() as worker:
        for folder, cell in (("a", 1), ("a", 2), ("b", 3)):
            found = worker.draw(seen.setting, batch(folder, cell))
            assert found == [(folder, (cell,), 20, 0.5)]
        assert (seen.entered, seen.left) == (["a", "b"], ["a"])
    assert seen.left == ["a", "b"] and seen.nets == 0
    assert {*seen.workdirs} == {seen.setting.workdir}


def test_a_worker_apart_has_a_copy_of_what_measures_need(seen, tmp_path):
    made = tmp_path / subjects.FOLDER / "a" / "classifier"
    made.mkdir(parents=True)
    (tmp_path / subjects.FOLDER / "b").mkdir()
    for path in (made / "classifier.keras", made.parent / locks.NAME):
        path.write_text(path.name)
    with cell_workers.CellWorker(apart=True) as worker:
        worker.draw(seen.setting, batch("a"))
        (place,) = map(tmp_path.joinpath, seen.workdirs)
        copy = place / subjects.FOLDER / "a"
        assert place != tmp_path and seen.nets == 1
        assert [*copy.parent.iterdir()] == [copy]
        assert (copy / "classifier" / "classifier.keras").read_text()
        assert not (copy / locks.NAME).exists()
    assert not place.exists()


def test_the_worker_of_a_process_leaves_its_run_when_it_is_asked_to(seen, monkeypatch):
    worker = cell_workers.CellWorker(apart=True)
    monkeypatch.setattr(cell_workers, "_worker", lambda: worker)
    for times in (1, 2):
        assert cell_workers.apart(seen.setting, batch("a")) == [("a", (), 20, 0.5)]
        cell_workers.leave()
        assert seen.left == ["a"] * times
        assert not pathlib.Path(seen.workdirs[-1]).exists()


def test_what_measures_need_is_made_before_others_copy_it(seen):
    with cell_workers.CellWorker() as worker:
        worker.prepare(seen.setting, batch("a"))
    assert seen.nets == 1 and seen.workdirs == [seen.setting.workdir]


def test_another_gan_in_the_folder_is_refused_and_left(seen):
    other = batch("a")._replace(line={"run": "other"})
    worker = cell_workers.CellWorker()
    for _ in range(2):
        with pytest.raises(errors.Refused, match="not the same for all processes"):
            worker.draw(seen.setting, other)
    assert worker.draw(seen.setting, batch("a"))
    assert seen.entered == ["a"] * 3 and seen.left == ["a"] * 2
    worker.close()
