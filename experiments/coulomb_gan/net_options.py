"""The flags of a Coulomb GAN's nets, by the names of their authors' flags."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from experiments.cli import rules
from experiments.stages import options

__all__ = ["NetOptions"]

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
