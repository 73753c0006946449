"""The experiments: thin programs that choose values, run loops and write files."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever else Keras is set up for
