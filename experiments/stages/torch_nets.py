"""A GAN in PyTorch, by flags: the code that makes its nets, and their weights."""

import dataclasses
import pathlib
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from experiments.cli import errors, fields, own_code, rules
from tf_collab import atomic

if TYPE_CHECKING:
    import tf_collab as tc

__all__ = ["CODE", "FLAGS", "WEIGHTS", "TorchNets", "collaboration", "gan", "save"]

CODE = "generator_code", "discriminator_code"
WEIGHTS = "generator_weights", "discriminator_weights"
FLAGS = (*CODE, *WEIGHTS)


@dataclasses.dataclass(frozen=True)
class TorchNets(fields.Given):
    """Flags of the nets; all four are given, or none."""

    TOPIC: ClassVar[str] = "A GAN in PyTorch"

    generator_code: Annotated[
        str | None,
        "module:function or file.py:function, which takes no argument and gives the "
        "generator as a torch.nn.Module; this flag and --discriminator_code are the "
        "only ones that run code of yours",
        own_code.a_function,
    ] = None
    generator_weights: Annotated[
        rules.Path | None,
        "the generator's state_dict, as torch.save writes it or as .safetensors",
        rules.a_file,
    ] = None
    discriminator_code: Annotated[
        str | None,
        "the same as --generator_code for the discriminator",
        own_code.a_function,
    ] = None
    discriminator_weights: Annotated[
        rules.Path | None, "the discriminator's state_dict", rules.a_file
    ] = None
    latent: Annotated[
        int | None,
        "size of the generator's flat latent (none: what its first linear or "
        "convolutional layer takes)",
        rules.at_least(1),
    ] = None

    def in_torch(self) -> str | None:
        """The first flag of a net in PyTorch that is given."""
        return next((name for name in FLAGS if getattr(self, name) is not None), None)

    def half_given(self) -> str | None:
        """What is missing of a GAN in PyTorch."""
        first = self.in_torch()
        for name in FLAGS if first else ():
            if getattr(self, name) is None:
                return f"--{name} is needed beside --{first}: see --help"
        return None


def gan(config: TorchNets, prior: str, objective: str) -> "tc.GAN":
    """The GAN of the nets, whose latent has the law `priors.PRIOR`."""
    import tf_collab as tc

    g, d = (
        own_code.module(
            role, getattr(config, f"{role}_code"), getattr(config, f"{role}_weights")
        )
        for role in ("generator", "discriminator")
    )
    size = config.latent or _inputs(g)
    if size is None:
        raise errors.Refused(
            f"--generator_code={config.generator_code!r} gives a module that does not "
            "begin with a linear or convolutional layer: give the size of its latent "
            "as --latent=SIZE"
        )
    told = " and ".join(f"--{name}={getattr(config, name)!r}" for name in CODE)
    with errors.blaming(told, advice=f" (the latent was [batch, {size}])"):
        law = getattr(tc.priors, prior)(size)
        return tc.from_torch(g, d, prior=law, objective=objective)


def collaboration(
    config: TorchNets, prior: str, objective: str, folder: str
) -> "tc.Collaboration":
    """What such a GAN saved in a folder, where its nets are but weights."""
    import tf_collab as tc

    own = gan(config, prior, objective)
    nets = {"generator": own.generator, "discriminator": own.discriminator}
    return tc.load_collaboration(folder, **nets, objective=objective)


def save(net: Any, path: pathlib.Path) -> None:
    """Writes the state_dict of a net, for `load_state_dict` of the user's module."""
    import torch

    import tf_collab as tc

    with atomic.writing(path) as place:
        torch.save(tc.models.torch_state(net), place)


def _inputs(module: Any) -> int | None:
    """Of the first layer that has weights."""
    first = next((part for part in module.modules() if [*part.parameters(False)]), None)
    size = getattr(first, "in_features", getattr(first, "in_channels", None))
    return size if isinstance(size, int) else None
