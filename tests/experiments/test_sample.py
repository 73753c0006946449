"""The front door from the command line: files in, a report and samples out."""

import dataclasses
import types

import keras
import numpy as np
import pytest
from helpers import job_commands, small_tunings

import tf_collab as tc
from experiments import sample
from experiments.cli import errors
from experiments.stages import block_flags, given_files, torch_nets


@pytest.fixture(scope="module", autouse=True)
def small():
    with small_tunings.tunings_of(batch=40, FEWEST=20, MOST=40, STEPS=2, LOOKS=1):
        yield


@pytest.fixture(scope="module")
def files(tmp_path_factory, target):
    folder = tmp_path_factory.mktemp("gan")
    dense = keras.layers.Dense
    keras.utils.set_random_seed(1)
    g = keras.Sequential([keras.Input((3,)), dense(4, "relu"), dense(2)])
    d = keras.Sequential([keras.Input((2,)), dense(4, "relu"), dense(1)])
    g.save(folder / "g.keras")
    d.save(folder / "d.keras")
    for seed, name in enumerate(("train", "test")):
        x = np.asarray(target.batch(300, tc.seeds.as_seed(seed)))
        np.savez(folder / f"{name}.npz", x=x)
    return folder


def config(files, workdir, **flags):
    given = {
        "generator": files / "g.keras",
        "discriminator": files / "d.keras",
        "data": files / "train.npz",
        "held_out": files / "test.npz",
        "workdir": workdir,
    }
    return sample.Config(**{k: str(v) for k, v in given.items()}, **flags)


def test_files_become_a_report_a_figure_and_samples(files, tmp_path, capsys):
    asked = config(files, tmp_path / "run", calls=20_000, n=30)
    sample.run(asked)
    printed = capsys.readouterr().out
    report = (tmp_path / "run/report.md").read_text("utf-8")
    assert printed.strip() == report.strip() and "refinement" in report
    x = np.load(tmp_path / "run/samples.npz")["x"]
    assert x.shape == (30, 2)
    assert (tmp_path / "run/samples.png").read_bytes()[:4] == b"\x89PNG"
    c = tc.load_collaboration(tmp_path / "run/collaboration")
    assert np.allclose(c.draw(30, seed=0), x, atol=1e-4)
    sample.run(asked)  # goes on where nothing is left to do
    assert np.array_equal(np.load(tmp_path / "run/samples.npz")["x"], x)


def test_groups_in_the_file_of_held_out_rows_are_told(files, tmp_path, capsys):
    with np.load(files / "test.npz") as test:
        names = np.array([f"film {i % 60}" for i in range(300)])
        np.savez(tmp_path / "films.npz", x=test["x"], groups=names)
    asked = config(files, tmp_path / "run", calls=20_000, n=10)
    object.__setattr__(asked, "held_out", str(tmp_path / "films.npz"))
    sample.run(asked)
    printed = capsys.readouterr().out
    assert "held_out is 300 rows in 60 groups, the largest of 5: parts hold" in printed
    assert "held_out's law was not compared with x_train's, for its groups" in printed


def test_one_file_of_what_was_saved_goes_to_a_folder_that_is_made(
    saved, tmp_path, capsys
):
    there = tmp_path / "new" / "mine"
    job_commands.command(f"--collaboration={saved}", f"--workdir={there}", "--n=10")
    assert np.load(there / "samples.npz")["x"].shape == (10, 2)
    assert (there / "report.md").read_text("utf-8") in capsys.readouterr().out


@pytest.mark.parametrize(
    "name, array, words",
    [
        ("y", np.zeros([300, 2]), "has no array x"),
        ("x", np.zeros([300, 3]), "the generator's samples are float32"),
        ("x", np.eye(9, 2), "200 are the fewest"),
    ],
)
def test_data_that_will_not_do_are_one_sentence(files, tmp_path, name, array, words):
    np.savez(tmp_path / "bad.npz", **{name: array})
    asked = config(files, tmp_path / "run")
    object.__setattr__(asked, "held_out", str(tmp_path / "bad.npz"))
    with pytest.raises(errors.Refused, match=words):
        sample.run(asked)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["generator", "discriminator", "data", "held_out"])
def test_what_is_needed_is_asked_for(name):
    flags = dict.fromkeys(("generator", "discriminator", "data", "held_out"), "there")
    assert f"--{name} is needed" in sample.Config(**{**flags, name: None}).problem()
    assert sample.Config(**flags).problem() is None


# What is given instead of the default, one flag at a time.
OTHER = {
    "generator": "other.keras",
    "discriminator": "other.keras",
    "gan": "hinge",
    "prior": "uniform",
    "data": "other.npz",
    "held_out": "other.npz",
    "minutes": 3.0,
    "calls": 20_000,
    "method": "hastings",
    "n": 7,
    "seed": 5,
}


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """config -> what the library is asked for, by name, while it does nothing."""
    for name in ("rows", "groups"):
        given = lambda path, name=name: f"{name} of {path}"
        monkeypatch.setattr(given_files, name, given)
    net = {"inputs": [0], "input_shape": (None, 3)}
    load = lambda path: types.SimpleNamespace(path=path, **net)
    monkeypatch.setattr(tc.models, "load", load)
    found = {}

    class Asked:
        def __init__(self, g, d, data, *, prior, folder, **options):
            z = prior(4, tc.seeds.as_seed(0)).numpy().tolist()
            found.update(options, generator=g.path, discriminator=d.path, data=data)
            found.update(prior=z, folder=str(folder))

        def tune(self, **budget):
            found["budget"] = budget

        def report(self):
            return ""

        def draw(self, n, *, method=None, seed=None):
            found.update(n=n, method=method, seed_of_draw=seed)
            return np.zeros([n, 2])

        def save(self, folder, *, objective):
            found["kept"] = str(folder), objective

        def figure(self):
            raise ValueError("of nothing")

    monkeypatch.setattr(tc, "collaborate", Asked)

    def run(**flags):
        found.clear()
        workdir = tmp_path / flags.pop("workdir", "run")
        workdir.mkdir(exist_ok=True)
        sample.run(sample.Config(**{**DEFAULT, **flags}, workdir=str(workdir)))
        return {**found}

    return run


DEFAULT = {"generator": "g.keras", "discriminator": "d.keras"}
DEFAULT |= {"data": "train.npz", "held_out": "test.npz"}
# The names of what a flag changes, where they are not the flag's own.
CHANGES = {
    "gan": {"objective", "kept"},
    "held_out": {"held_out", "groups"},
    "minutes": {"budget"},
    "calls": {"budget"},
    "seed": {"seed", "seed_of_draw"},
}


@pytest.mark.parametrize("flag", OTHER)
def test_each_flag_reaches_what_it_is_for(flag, asked):
    base, other = asked(), asked(**{flag: OTHER[flag]})
    differ = {name for name in base if base[name] != other[name]}
    assert differ == CHANGES.get(flag, {flag})


def test_samples_with_labels_are_two_arrays(asked, monkeypatch, tmp_path):
    pair = np.zeros([3, 2]), np.arange(3)
    monkeypatch.setattr(tc.collaborate, "draw", lambda self, n, **how: pair)
    asked()
    drawn = np.load(tmp_path / "run/samples.npz")
    assert np.array_equal(drawn["x"], pair[0])
    assert np.array_equal(drawn["label"], pair[1])


def test_a_sampler_of_other_programs_is_said_to_be_theirs(capfd):
    told = job_commands.refused(capfd, "--method=obrs")
    assert "mog2d, mnist, celeba, coulomb draw by it: see docs/" in told
    told = job_commands.refused(capfd, "--method=obsr")
    assert "draw by it" not in told


def test_every_flag_has_been_tried():
    flags, in_blocks, in_torch = (
        {field.name for field in dataclasses.fields(config)}
        for config in (sample.Config, block_flags.BlockFlags, torch_nets.TorchNets)
    )
    # Those of blocks, of PyTorch and of a run have tests of their own.
    others = {"workdir", "from_run", "collaboration", "data_dir"}
    assert flags - in_blocks - in_torch == {*OTHER, *others}
