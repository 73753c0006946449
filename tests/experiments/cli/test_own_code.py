"""Code of the user's is named by two flags, and refused in words without PyTorch."""

import sys

import pytest

from experiments import sample
from experiments.cli import errors, flags, own_code

CODE = {
    "generator_code": "nets:g",
    "generator_weights": "g.pt",
    "discriminator_code": "nets:d",
    "discriminator_weights": "d.pt",
    "data": "x",
    "held_out": "y",
}


def test_code_is_a_module_or_a_file_and_a_function(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "nets.py").write_text("", "utf-8")
    for code in ("nets:g", "a.b:g", f"{tmp_path}/nets.py:g", "~/nets.py:g"):
        assert own_code.a_function(code) is None
    for code in ("nets", "nets:", ":g", "a-b:g", "nets:g()", "nets.py", "a/b:g"):
        assert "module:function or file.py:function" in own_code.a_function(code)
    assert "file that is there" in own_code.a_function(f"{tmp_path}/other.py:g")
    with pytest.raises(errors.Refused, match="--generator_code='nets'"):
        flags.parse(sample.Config, ["sample", "--generator_code=nets"])


def test_nets_are_given_in_one_way_and_whole():
    assert sample.Config(**CODE).problem() is None
    for name in CODE:
        told = sample.Config(**{**CODE, name: None}).problem()
        assert told.startswith(f"--{name} is needed")
    told = sample.Config(**CODE, discriminator="d.keras").problem()
    assert told.startswith("--discriminator is a net of Keras and --generator_code is")
    assert "latent" in sample.Config(generator="g.keras").idle()
    assert "latent" not in sample.Config(**CODE).idle()


def test_without_pytorch_nothing_of_the_code_is_run(monkeypatch, tmp_path):
    (tmp_path / "nets.py").write_text("raise SystemExit('it ran')", "utf-8")
    monkeypatch.setitem(sys.modules, "torch", None)  # as where it is not installed
    code = f"{tmp_path}/nets.py:g"
    with pytest.raises(errors.Refused, match=r"--generator_code=.* needs PyTorch"):
        own_code.module("generator", code, "g.pt")


def test_the_file_of_code_is_found_without_running_it():
    assert own_code.whole("helpers.oracles:f") == "helpers.oracles:f"
    assert own_code.source("helpers.oracles:f").endswith("/helpers/oracles.py")
    assert own_code.source("no_such.module:f") is None
    assert own_code.source("sys:exit") is None
