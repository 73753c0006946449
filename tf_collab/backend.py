"""Which backend Keras runs on, asked before it is imported."""

import contextlib
import json
import os
import sys

__all__ = ["check"]


def check() -> None:
    """Raises ImportError unless Keras runs on TensorFlow, or will when it is imported.

    Its choice is a whole process's, so it is not ours to set.
    """
    keras = sys.modules.get("keras")
    name = _chosen() if keras is None else keras.config.backend()
    if name != "tensorflow":
        raise ImportError(
            f"tf_collab needs Keras on TensorFlow, and here it runs on {name}: set "
            "KERAS_BACKEND=tensorflow before Keras is imported"
        )


def _chosen():
    """As Keras has it: the environment's word, else that of its own file."""
    home = os.path.expanduser("~")
    base = os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    path = os.path.join(os.environ.get("KERAS_HOME", base), "keras.json")
    settings = {}
    # Keras itself has a word for a file that it cannot read.
    with (
        contextlib.suppress(OSError, ValueError, RecursionError),
        open(os.path.expanduser(path), encoding="utf-8") as file,
    ):
        settings = json.load(file)
    configured = settings.get("backend") if isinstance(settings, dict) else None
    return os.environ.get("KERAS_BACKEND") or configured or "tensorflow"
