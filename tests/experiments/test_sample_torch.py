"""A GAN in PyTorch from the command line: code and weights in, samples out."""

import importlib.util
import random
import sys

import numpy as np
import pytest
from fuzzing import mutations
from helpers import small_tunings

import tf_collab as tc
from experiments import sample
from experiments.cli import errors, own_code

torch = pytest.importorskip("torch", reason="`make test-torch` has PyTorch")

NETS = """
from torch import nn

import widths


def g():
    return nn.Sequential(
        nn.Linear(3, widths.HIDDEN), nn.ReLU(), nn.Linear(widths.HIDDEN, 2)
    )


def d():
    return nn.Sequential(
        nn.Linear(2, widths.HIDDEN), nn.LeakyReLU(), nn.Linear(widths.HIDDEN, 1)
    )


def number():
    return 3


def wrong():
    return [][0]
"""


@pytest.fixture(scope="module", autouse=True)
def small():
    with small_tunings.tunings_of(batch=40, FEWEST=20, MOST=40, STEPS=2, LOOKS=1):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory, target):
    folder = tmp_path_factory.mktemp("torch_gan")
    (folder / "nets.py").write_text(NETS, "utf-8")
    (folder / "widths.py").write_text("HIDDEN = 4", "utf-8")
    torch.manual_seed(0)
    for name in "gd":
        net = own_code._function("", f"{folder}/nets.py:{name}")()
        torch.save(net.state_dict(), folder / f"{name}.pt")
    for seed, name in enumerate(("train", "test")):
        x = np.asarray(target.batch(300, tc.seeds.as_seed(seed)))
        np.savez(folder / f"{name}.npz", x=x)
    yield folder
    sys.path.remove(str(folder))


def config(folder, workdir, **flags):
    given = {
        "generator_code": f"{folder}/nets.py:g",
        "generator_weights": str(folder / "g.pt"),
        "discriminator_code": f"{folder}/nets.py:d",
        "discriminator_weights": str(folder / "d.pt"),
        "data": str(folder / "train.npz"),
        "held_out": str(folder / "test.npz"),
        "workdir": str(workdir),
    }
    return sample.Config(**{**given, **flags})


def test_code_and_weights_become_samples_and_a_shaped_discriminator(folder, tmp_path):
    sample.run(config(folder, tmp_path / "run", calls=20_000, n=30))
    assert "refinement" in (tmp_path / "run/report.md").read_text("utf-8")
    x = np.load(tmp_path / "run/samples.npz")["x"]
    assert x.shape == (30, 2)
    g, d = (
        own_code.module(role, f"{folder}/nets.py:{name}", str(folder / f"{name}.pt"))
        for role, name in (("generator", "g"), ("discriminator", "d"))
    )
    gan = tc.from_torch(g, d, prior=tc.priors.normal(3), objective="nsgan")
    c = tc.load_collaboration(
        tmp_path / "run/collaboration",
        generator=gan.generator,
        discriminator=gan.discriminator,
        objective="nsgan",
    )
    assert np.allclose(c.draw(30, seed=0), x, atol=1e-4)
    before = d(torch.tensor(x)).detach().numpy()
    d.load_state_dict(torch.load(tmp_path / "run/shaped_discriminator.pt"))
    shaped = d(torch.tensor(x)).detach().numpy()
    assert np.allclose(shaped[:, 0], c.outcome.dials.shaped.scored(x).score, atol=1e-5)
    assert not np.array_equal(shaped, before) or c.outcome.dials.shape_steps == 0


def test_a_module_is_found_in_the_current_folder(folder, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(folder)
    net = own_code.module("generator", "nets:g", "g.pt")
    assert torch.equal(net[0].weight, torch.load("g.pt")["0.weight"])
    monkeypatch.delitem(sys.modules, "nets")


@pytest.mark.parametrize(
    "flag, value, words",
    [
        ("generator_code", "netz:g", "there is no module 'netz'"),
        ("generator_code", "{}/nets.py:gg", "has no function 'gg'"),
        ("generator_code", "{}/nets.py:number", "must give a torch.nn.Module, not int"),
        ("generator_code", "{}/nets.py:wrong", "line 24: IndexError"),
        ("discriminator_code", "{}/broken.py:d", "SyntaxError"),
        ("discriminator_code", "{}/lacking.py:d", "No module named 'nowhere'"),
        ("generator_weights", "{}/d.pt", "size mismatch for 0.weight"),
        ("discriminator_weights", "{}/keys.pt", "Missing key"),
        ("generator_weights", "{}/whole.pt", "is not a readable state_dict"),
        ("generator_weights", "{}/nets.py", "is not a readable state_dict"),
        ("discriminator_weights", "{}/list.pt", "it holds a list"),
        ("latent", 5, "the latent was"),
    ],
)
def test_what_will_not_do_is_one_sentence(folder, tmp_path, flag, value, words):
    (folder / "broken.py").write_text("def d(:", "utf-8")
    (folder / "lacking.py").write_text("import nowhere", "utf-8")
    torch.save({"a": torch.zeros(2)}, folder / "keys.pt")
    torch.save(torch.nn.Linear(2, 1), folder / "whole.pt")  # which is code too
    torch.save([torch.zeros(2)], folder / "list.pt")
    if isinstance(value, str):
        value = value.format(folder)
    with pytest.raises(errors.Refused) as told:
        sample.run(config(folder, tmp_path / "run", **{flag: value}))
    named = "generator_code" if flag == "latent" else flag
    assert str(told.value).startswith(f"--{named}=") and words in str(told.value)
    assert len(str(told.value).splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_damaged_weights_are_read_or_refused_in_one_line(folder, tmp_path):
    content = [(folder / f"{name}.pt").read_bytes() for name in "gd"]
    code, path = f"{folder}/nets.py:g", tmp_path / "g.pt"

    for seed in range(20):
        path.write_bytes(mutations.damaged(random.Random(seed), content, content))
        try:
            own_code.module("generator", code, str(path))
        except errors.Refused as error:
            assert str(error).startswith(f"--generator_weights={str(path)!r}")
            assert len(str(error).splitlines()) == 1


def test_safetensors_are_read_where_the_package_is(folder, monkeypatch):
    state = torch.load(folder / "g.pt")
    path = str(folder / "g.safetensors")
    code = f"{folder}/nets.py:g"
    if importlib.util.find_spec("safetensors"):
        from safetensors.torch import save_file

        save_file(state, path)
        net = own_code.module("generator", code, path)
        assert torch.equal(net[0].weight, state["0.weight"])
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    with pytest.raises(errors.Refused, match="needs the package safetensors"):
        own_code.module("generator", code, path)
