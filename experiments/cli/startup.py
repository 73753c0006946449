"""TensorFlow's and Keras' start, quiet and alike on every machine."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

from experiments.cli import errors
from tf_collab import files

__all__ = ["quiet"]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Holds back what is written to stderr inside, and shows it if that fails.

    C++ code writes to the file descriptor itself, so that is what is turned away.
    From here on TensorFlow's Python side tells errors alone: it warns of retracing
    where a loop makes a sampler for each GAN step.
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            _start_keras()
            yield
        except errors.Refused:
            raise
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _start_keras() -> None:
    """Keras with its defaults, whatever else it is set up for."""
    try:
        import keras
    except (ImportError, OSError):
        raise
    except Exception as error:  # it raises what its settings make it stumble over
        home = os.environ.get("KERAS_HOME", os.path.join("~", ".keras"))
        path = os.path.expanduser(os.path.join(home, "keras.json"))
        raise errors.Refused(
            f"Keras does not start, {files.first_sentence(error)}: mend or remove "
            f"{path!r}, or unset what the environment sets of KERAS_*"
        ) from None
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    keras.config.set_epsilon(1e-7)
