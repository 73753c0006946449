"""The flags of training by one step of each net in turn."""

import dataclasses
from typing import Annotated, Any, ClassVar, Literal

from experiments import flags, options

__all__ = ["TrainOptions"]


@dataclasses.dataclass(frozen=True)
class TrainOptions(options.Options):
    """How collaborative sampling's experiments train: one step of each net in turn."""

    STEPS_OF_GAN: ClassVar[int]  # --niters, where it is not given or the D loop's
    RATE_OF_D: ClassVar[float]  # --lrd, likewise

    niters: Annotated[
        int | None,
        "GAN steps; with --mode=calibrate or shape, D's",
        flags.positive,
        options.STEPS,
    ] = None
    lrg: Annotated[float, "learning rate of G", flags.positive] = 5e-3
    lrd: Annotated[
        float | None,
        "learning rate of D; with --mode=calibrate or shape, the D loop's",
        flags.positive,
    ] = None
    eval_every: Annotated[
        int,
        "steps between checkpoints, and D steps between scores",
        flags.positive,
        options.STEPS,
    ] = 1000

    @property
    def gan_goal(self) -> int:
        return self._unless_tuning("niters", self.STEPS_OF_GAN)

    @property
    def rates(self) -> tuple[float, float]:
        return self.lrg, self._unless_tuning("lrd", self.RATE_OF_D)

    @property
    def training(self) -> dict[str, Any]:
        lrg, lrd = self.rates
        # While tuning, --lrd is the D loop's.
        tuning = self.mode in ("calibrate", "shape")
        return {"lrg": lrg} | ({} if tuning else {"lrd": lrd})

    @property
    def save_every(self) -> int:
        return self.eval_every

    @property
    def aliases(self) -> dict[str, str]:
        short = {f"{self.mode}_iters": "niters", f"lr_{self.mode}": "lrd"}
        tuning = self.mode in ("calibrate", "shape")
        return {
            name: by
            for name, by in short.items()
            if tuning and getattr(self, by) is not None
        }

    def tuning(self, kind: Literal["calibrate", "shape"]) -> tuple[int, float]:
        steps, rate = super().tuning(kind)
        if self.mode == kind:
            steps = steps if self.niters is None else self.niters
            rate = rate if self.lrd is None else self.lrd
        return steps, rate

    def _unless_tuning(self, name, default):
        """A flag's value, unless it is not given or the D loop's."""
        given = getattr(self, name)
        tuning = self.mode in ("calibrate", "shape")
        return default if tuning or given is None else given
