"""The flags of a Coulomb GAN's nets, named as its authors do, and of its field."""

import dataclasses
import math
from typing import Annotated, ClassVar, Literal

from experiments.cli import rules
from experiments.stages import options
from tf_collab import tables

__all__ = ["TEXT", "FieldOptions", "NetOptions"]

TEXT = "billion_word"  # its data and its nets have one name
DENSE = ("mlp", "fourier")  # without a convolution
UNNORMED = (*DENSE, "began", TEXT)  # those D that never have batch-norm


@dataclasses.dataclass(frozen=True)
class NetOptions:
    """Which G and D, how wide, and what their kernels cost."""

    TOPIC: ClassVar[str] = "Networks"

    NETS: ClassVar[tuple[str, ...]] = (
        *("gan", "generator", "discriminator", "width", "frequency", "batch_norm"),
        *("latentsize", "latents", "l2_penalty", "gen_l2p_scale"),
    )

    generator: Annotated[
        Literal["mlp", "my", "my-tanh", "dcgan", "began", "resnet", "good"]
        | Literal["billion_word"]
        | None,
        "generator network (none: mlp for points, my for images)",
    ] = None
    discriminator: Annotated[
        Literal["mlp", "fourier", "my", "my-big", "my-big2", "dcgan", "began"]
        | Literal["resnet8", "billion_word"]
        | None,
        "discriminator network (none: mlp for points, my for images)",
    ] = None
    width: options.Width = 1.0
    frequency: Annotated[
        float | None,
        "scale of the fourier D's random frequencies, in radians per unit of x "
        "(none: 0.3)",
        rules.positive,
    ] = None
    batch_norm: Annotated[
        bool,
        "whether D has batch-norm where the original network does (never for points "
        "and text)",
    ] = True
    latentsize: Annotated[
        int | None, "dimension of z (none: 2 for points, else 32)", rules.positive
    ] = None
    latents: Annotated[
        Literal["independent", "quasi"] | None,
        "kind of z in training: quasi-random z cover space more evenly (none: quasi "
        "for points, else independent)",
    ] = None
    l2_penalty: Annotated[
        float, "weight of |w|^2 / 2 of D's convolution kernels", rules.non_negative
    ] = 0.0
    gen_l2p_scale: Annotated[
        float,
        "weight of G's L2 penalty, as a multiple of --l2_penalty",
        rules.non_negative,
    ] = 1.0

    def net_idle(self, generator: str, discriminator: str) -> dict[str, str]:
        """Flags without effect on such nets, and why."""
        found, d = {}, f"--discriminator={discriminator}"
        if discriminator != "fourier":
            found["frequency"] = d
        if discriminator in UNNORMED:
            found["batch_norm"] = d
        dense = discriminator in DENSE, generator in DENSE
        if all(dense):
            found["l2_penalty"] = f"{d} --generator={generator}"
        if self.l2_penalty == 0:
            found["gen_l2p_scale"] = "--l2_penalty=0"
        elif dense[1]:
            found["gen_l2p_scale"] = f"--generator={generator}"
        return found

    @staticmethod
    def made_by(net: str) -> str:
        """What a net makes or judges: points, images or text."""
        return {"mlp": "points", "fourier": "points", TEXT: "text"}.get(net, "images")


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
