"""The backend that Keras runs on, known before Keras is imported."""

import contextlib
import json
import os
import sys

__all__ = ["check"]


def check() -> None:
    """Raises ImportError unless Keras runs on TensorFlow, or will when it is imported.

    The backend is chosen once for a whole process, so a library must not set it.
    """
    keras = sys.modules.get("keras")
    name = _chosen() if keras is None else keras.config.backend()
    if name != "tensorflow":
        raise ImportError(
            f"tf_collab needs Keras on TensorFlow, and here it runs on {name}: set "
            "KERAS_BACKEND=tensorflow before Keras is imported"
        )


def _chosen() -> str:
    """The backend as Keras will choose it: from the environment, else from its file."""
    home = os.path.expanduser("~")
    base = os.path.join(home if os.access(home, os.W_OK) else "/tmp", ".keras")
    path = os.path.join(os.environ.get("KERAS_HOME", base), "keras.json")
    settings = {}
    # Keras itself says so if it cannot read the file.
    with (
        contextlib.suppress(OSError, ValueError, RecursionError),
        open(os.path.expanduser(path), encoding="utf-8") as file,
    ):
        settings = json.load(file)
    configured = settings.get("backend") if isinstance(settings, dict) else None
    return os.environ.get("KERAS_BACKEND") or configured or "tensorflow"
