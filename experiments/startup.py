"""TensorFlow's start without its dozen lines on stderr."""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator

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
            yield
        except Exception:
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
