"""How G and D learn: training steps, the loop, checkpoints."""

from tf_collab.training.checkpoints import Checkpoints
from tf_collab.training.loop import run
from tf_collab.training.steps import train_step, tune_step

__all__ = ["Checkpoints", "run", "train_step", "tune_step"]
