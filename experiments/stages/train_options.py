"""The flags of training by one step of each net in turn."""

import dataclasses
from typing import Annotated, Any, ClassVar, Self

from experiments.cli import rules
from experiments.stages import options

__all__ = ["TrainOptions"]


@dataclasses.dataclass(frozen=True)
class TrainOptions(options.Options):
    """How collaborative sampling's experiments train: one step of each net in turn."""

    TOPIC: ClassVar[str] = "Training"

    STEPS_OF_GAN: ClassVar[int]  # --niters, where it is not given or the D loop's
    RATE_OF_D: ClassVar[float]  # --lrd, likewise
    GOALS = (*options.Options.GOALS, "niters", "eval_every")
    TRAINING = ("niters", "lrg", "lrd")

    niters: Annotated[
        int | None,
        "training steps of the GAN; with --mode=calibrate or shape those of D, unless"
        " --calibrate_iters or --shape_iters is given (none: 3000 in mog2d, 5000 in "
        "mnist, 50000 in celeba)",
        rules.positive,
        options.STEPS,
    ] = None
    lrg: Annotated[float, "learning rate of G", rules.positive] = 5e-3
    lrd: Annotated[
        float | None,
        "learning rate of D; with --mode=calibrate or shape that of calibration or "
        "shaping, unless "
        "--lr_calibrate or --lr_shape is given (none: 0.01 in mog2d, 0.0002 in mnist "
        "and celeba)",
        rules.positive,
    ] = None
    eval_every: Annotated[
        int,
        "training steps between checkpoints, and D steps between measured samples",
        rules.positive,
        options.STEPS,
    ] = 1000

    @property
    def gan_goal(self) -> int:
        return self.STEPS_OF_GAN if self.niters is None else self.niters

    @property
    def rates(self) -> tuple[float, float]:
        return self.lrg, self.RATE_OF_D if self.lrd is None else self.lrd

    @property
    def training(self) -> dict[str, Any]:
        return dict(zip(("lrg", "lrd"), self.rates))

    @property
    def save_every(self) -> int:
        return self.eval_every

    def spelled_out(self) -> Self:
        """With --mode=calibrate or shape --niters and --lrd are those of the D loop.

        Unless that has them by names of its own.
        """
        if self.mode not in ("calibrate", "shape"):
            return self
        given, values = self.flags_given(), dict[str, Any]()
        loops = {"niters": f"{self.mode}_iters", "lrd": f"lr_{self.mode}"}
        for short, name in loops.items():
            if short in given and name not in given:
                values |= {name: getattr(self, short), short: None}
                given[name] = given.pop(short)
        return dataclasses.replace(self, **values, given=given)

    def settled(self) -> Self:
        values: dict[str, Any] = {"niters": self.gan_goal, "lrd": self.rates[1]}
        settled = super().settled()
        return settled if self.imported else dataclasses.replace(settled, **values)
