"""Sets in miniature, and runs that several tests look at."""

import fcntl
import functools
import os
import shutil
import signal

import numpy as np
import pytest
from helpers import (
    cheaply,
    job_commands,
    programs,
    small_jobs,
    small_runs,
    tiny_datasets,
)
from PIL import Image

from experiments.coulomb_gan import field_monitor
from experiments.points import point_figures
from experiments.rundir import monitor
from experiments.stages import sessions
from tf_collab.front import blocks

EXPORT = sessions.Session.export


@pytest.fixture(scope="session", autouse=True)
def listening():
    """Signals as a terminal's program has them: whoever runs tests may ignore some."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def cheaply_shown():
    with pytest.MonkeyPatch.context() as patch:
        # As they are, and so undone at the end.
        patch.setattr(monitor, "png", monitor.png)
        patch.setattr(point_figures, "GRID", point_figures.GRID)
        patch.setattr(field_monitor, "POINTS", field_monitor.POINTS)
        patch.setattr(os, "fsync", os.fsync)
        # What reads a net's file asks for `exported`.
        patch.setattr(sessions.Session, "export", _name_alone)
        cheaply.draw_coarsely()
        cheaply.wait_for_no_disk()
        yield


def _name_alone(session, name, net, one):
    file = f"models/{name}.keras"
    if not session.run.at(file).exists():
        with session.run.writing(file) as path:
            path.touch()


@pytest.fixture(scope="module")
def exported():
    """The runs of a file write their nets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions.Session, "export", EXPORT)
        yield


def once(factory, name, make):
    """A folder that `make` fills for whichever worker needs it first, and for all."""
    top = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        top = top.parent
    with open(top / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (top / name).exists():
            make(top / f"{name}-begun")
            (top / f"{name}-begun").rename(top / name)
    return top / name


@pytest.fixture(scope="session")
def whole_planar(tmp_path_factory):
    """A run in 2-D of everything, never broken off."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions.Session, "export", EXPORT)
        made = once(tmp_path_factory, "whole-planar", small_runs.run_planar)
    return shutil.copytree(made, tmp_path_factory.mktemp("mog2d") / "whole")


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """A folder like MNIST's, of blobs whose place tells their label."""
    return once(tmp_path_factory, "digits", tiny_datasets.write_digits)


@pytest.fixture(scope="session")
def whole_digits(digits, tmp_path_factory):
    """A run on them of everything, never broken off."""
    make = functools.partial(small_runs.run_digits, data=digits)
    made = once(tmp_path_factory, "whole-digits", make)
    return shutil.copytree(made, tmp_path_factory.mktemp("mnist") / "whole")


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    """A folder of photographs, as somebody's camera might have made them."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for i in range(800):
        side = int(rng.integers(8, 12))
        pixels = rng.integers(0, 255, [side, side, 3]).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:03d}.png")
    return folder


@pytest.fixture(scope="session")
def processes():
    """Runs experiments in processes that may be killed."""
    with programs.processes() as running:
        yield running


@pytest.fixture
def handed_over(tmp_path_factory, monkeypatch):
    """Files and folders of somebody's, in the folder where commands are given."""
    folder = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(folder)
    for name in ("nets", "images"):
        (folder / name).mkdir()
    for name in ("g", "d", "net.keras"):
        (folder / "nets" / name).write_text(name)


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """The folder of a collaboration, of the linear GAN."""
    return small_jobs.save(tmp_path_factory.mktemp("saved"))


@pytest.fixture(scope="module")
def whole_job(saved, tmp_path_factory):
    """A job of three blocks that was never broken off."""
    workdir = tmp_path_factory.mktemp("whole") / "job"
    given = ("--format=npz", "--method=rejection", "--seed=4")
    job_commands.begin(saved, workdir, *given)
    return workdir


@pytest.fixture
def other_jobs_forgotten():
    """What a process holds of a job goes with the test."""
    yield
    blocks._source.cache_clear()
