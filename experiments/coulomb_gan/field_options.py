"""The flags of a Coulomb GAN's potential field."""

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

from experiments.cli import rules
from tf_collab import tables

__all__ = ["FieldOptions"]


@dataclasses.dataclass(frozen=True)
class FieldOptions:
    """What D learns: the potential, of which kernel, and where."""

    TOPIC: ClassVar[str] = "Potential field"

    FIELD: ClassVar[tuple[str, ...]] = tables.OBJECTIVES["coulomb"].flags

    dimension: Annotated[
        float,
        "dimension of the Plummer kernel; 3 is Coulomb's 1 / r",
        rules.at_most(1000),
    ] = 3.0
    epsilon: Annotated[float, "width of the kernel", rules.positive] = 1.0
    epsilon_floor: Annotated[
        float | None,
        "lower bound of epsilon as it decays (none: no decay)",
        rules.positive,
    ] = None
    self_term: Annotated[
        Literal["drop", "keep"],
        "potential of each point at itself: kept as the authors do, or dropped, which"
        " is unbiased for independent samples",
    ] = "keep"
    sigma: Annotated[
        float,
        "standard deviation of normal noise on the inputs of D in training",
        rules.non_negative,
    ] = 0.0
    disc_loss: Annotated[Literal["l2", "l1"], "loss of D"] = "l2"
    remember_previous: Annotated[
        bool, "whether D also learns from the samples of the step before"
    ] = False

    def field_problem(self) -> str | None:
        """What no field can be, in a sentence."""
        if self.dimension <= 2:
            return (
                f"--dimension={self.dimension} makes no potential that falls with "
                "distance: give more than 2"
            )
        floor = self.epsilon_floor
        for name in ("epsilon", "epsilon_floor"):
            width = getattr(self, name)
            if width and max(2, self.dimension - 2) * abs(math.log(width)) > 88:
                return (
                    f"--{name}={width} to the power of {self.dimension - 2:g} or 2 is "
                    "beyond float32: give one nearer 1, or a smaller --dimension"
                )
        if floor is not None and floor > self.epsilon:
            return f"--epsilon_floor={floor} is above --epsilon={self.epsilon}"
        return None
