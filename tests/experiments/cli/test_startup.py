"""Tests for experiments.cli.startup, and for a Keras that is set up otherwise."""

import os
import pathlib
import subprocess
import sys

import keras
import pytest

import tf_collab
from experiments.cli import startup

ROOT = pathlib.Path(__file__).parents[3]


def test_what_is_written_inside_is_not_seen(capfd):
    with startup.quiet():
        os.write(2, b"noise")
    os.write(2, b"news")
    assert capfd.readouterr().err == "news"


@pytest.mark.parametrize(
    "error, shown", [(ImportError, "why it failed"), (KeyboardInterrupt, "")]
)
def test_a_failure_shows_what_was_held_back(error, shown, capfd):
    with pytest.raises(error), startup.quiet():
        os.write(2, b"why it failed")
        raise error
    assert capfd.readouterr().err == shown


def test_what_keras_is_set_to_elsewhere_does_not_matter():
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float16")
    with startup.quiet():
        layer = keras.layers.Conv2D(1, 1)
    assert layer.data_format == "channels_last"
    assert layer.dtype == keras.config.floatx() == "float32"


def python(code, home, settings, **environment):
    (home / "keras.json").write_text(settings)
    (home / "torch.py").touch()  # which would be found, if anybody looked for it
    homes = {"KERAS_HOME": str(home), "PYTHONPATH": str(home)}
    environment = os.environ | homes | environment
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


PROGRAM = """
import dataclasses
import sys
from experiments.cli import flags
from experiments.cli import startup

@dataclasses.dataclass(frozen=True)
class Config:
    pass

def run(config):
    with startup.quiet():
        import keras
        import tf_collab
        front = [getattr(tf_collab, name) for name in tf_collab.FRONT]
    words = [keras.config.backend(), keras.layers.Conv2D(1, 1).dtype]
    print(*words, len(front) > 0, tf_collab.__version__, "torch" in sys.modules)

flags.main(Config, run, ["program"])
"""


@pytest.mark.parametrize(
    "settings, status, told",
    [
        (
            '{"backend": "jax", "floatx": "float16"}',
            0,
            f"tensorflow float32 True {tf_collab.__version__} False",  # no torch
        ),
        ('["no", "object"]', 2, "Keras does not start"),
    ],
)
def test_a_program_runs_or_says_why_not(settings, status, told, tmp_path):
    done = python(PROGRAM, tmp_path, settings, KERAS_BACKEND="torch")
    assert done.returncode == status, done.stderr
    assert (done.stdout or done.stderr).startswith(told)
    assert (done.stdout + done.stderr).count("\n") == 1


@pytest.mark.parametrize(
    "settings, environment, told",
    [
        ("{}", {"KERAS_BACKEND": "jax"}, "it runs on jax"),
        ('{"backend": "torch"}', {"KERAS_BACKEND": ""}, "it runs on torch"),
        ('{"backend": "torch"}', {"KERAS_BACKEND": "tensorflow"}, None),
        ("[" * 10_000, {"KERAS_BACKEND": ""}, None),
        ("{broken", {"KERAS_BACKEND": ""}, None),
    ],
)
def test_the_library_says_that_it_needs_tensorflow(
    settings, environment, told, tmp_path
):
    done = python("import tf_collab", tmp_path, settings, **environment)
    assert (done.returncode == 0) == (told is None), done.stderr
    last = (done.stderr.splitlines() or [""])[-1]
    assert (told or "") in last
    assert (told is None) or last.startswith("ImportError: tf_collab needs Keras on")


def test_keras_that_runs_on_another_backend_is_told_too(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(ImportError, match="here it runs on jax: set KERAS_BACKEND="):
        tf_collab.backend.check()
