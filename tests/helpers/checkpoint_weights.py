"""The numbers in checkpoints of runs, compared."""

import numpy as np
import tensorflow as tf

__all__ = ["alike", "weights"]


def weights(folder, step, phase="train"):
    """All numbers of a checkpoint that are no counts, by their names."""
    path = str(folder / f"checkpoints/{phase}/step-{step:09d}" / "variables")
    reader = tf.train.load_checkpoint(path)
    names = sorted(reader.get_variable_to_dtype_map().items())
    return {n: reader.get_tensor(n) for n, kind in names if kind == tf.float32}


def alike(folder, other, step, phase="train"):
    """But for sums of float32 in another order, over some steps."""
    ours, theirs = (weights(each, step, phase) for each in (folder, other))
    assert ours.keys() == theirs.keys() and sum(v.size for v in ours.values()) > 50
    for name, found in ours.items():
        np.testing.assert_allclose(found, theirs[name], rtol=1e-4, atol=2e-6)
