"""How arrays reach a PyTorch module, and come back: axes, type and device."""

from collections.abc import Iterable
from typing import Any

__all__ = ["Axes"]


class Axes:
    """Of a module with these parameters, on that device.

    `channels_first` is None where nobody said and the module has no layer of images.
    """

    def __init__(
        self,
        module: Any,
        parameters: Iterable[Any],
        device: Any,
        channels_first: bool | None,
    ):
        floats = {value.dtype for value in parameters}
        floats = {kind for kind in floats if kind.is_floating_point}
        self._dtype = floats.pop() if len(floats) == 1 else None
        self._device = device
        self.channels_first = channels_first
        if channels_first is None and any(map(_is_of_images, module.modules())):
            self.channels_first = True
        leaves = [part for part in module.modules() if not [*part.children()]]
        self._flat = bool(leaves) and _is_convolution(leaves[0])

    def to_torch(self, x: Any) -> Any:
        """A leaf of the input as the module takes it."""
        if self._device is not None:
            x = x.to(self._device)
        if self._dtype is not None and x.is_floating_point():
            x = x.to(self._dtype)
        if x.ndim == 4 and self._turns():
            x = x.permute(0, 3, 1, 2)
        return x

    def of_torch(self, x: Any) -> Any:
        """A leaf of the output as TensorFlow sees it."""
        return x.permute(0, 2, 3, 1) if x.ndim == 4 and self._turns() else x

    def as_pixels(self, x: Any) -> Any:
        """A flat latent for a module that begins with a convolution."""
        return x[:, :, None, None] if self._flat and x.ndim == 2 else x

    def _turns(self) -> bool:
        if self.channels_first is None:
            raise ValueError(
                "nobody can tell where this module has an image's channels: say "
                "channels_first=True for [batch, channels, height, width], or False"
            )
        return self.channels_first


def _is_of_images(part: Any) -> bool:
    return type(part).__module__.startswith("torch.nn") and (
        type(part).__name__.endswith("2d")
    )


def _is_convolution(part: Any) -> bool:
    return _is_of_images(part) and "Conv" in type(part).__name__
