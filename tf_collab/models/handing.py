"""A net that takes a label beside its input, and hands the label on."""

from typing import Any

import keras

__all__ = ["HandOn"]


class HandOn(keras.layers.Layer):
    """(h, label) -> (what a net makes of them, the label), or the former alone.

    `give` is how the net is called: ("h",), ("h", "label") or ("label", "h") as a list,
    a dict of its own names, as {"noise": "h", "digit": "label"}; with `apart` as
    arguments by place. The label is handed on as it came.
    """

    def __init__(
        self,
        net: keras.layers.Layer,
        give: tuple[str, ...] | dict[str, str],
        *,
        apart: bool = False,
        on: bool = True,
        **kwargs: Any,
    ):
        super().__init__(autocast=False, **kwargs)
        self.net, self.apart, self.on = net, apart, on
        self.__dict__["give"] = (
            give  # a tuple of words, which a checkpoint has no use of
        )
        self.built = True

    def given(self, h: Any, label: Any) -> Any:
        """What the net is called with; where it takes them apart, both in a list."""
        parts = {"h": h, "label": label}
        if isinstance(self.give, dict):
            return {key: parts[part] for key, part in self.give.items()}
        own = [parts[part] for part in self.give]
        return own if len(own) > 1 else own[0]

    def call(self, pair: Any, training: bool = False) -> Any:
        given = self.given(*pair)
        if self.apart:
            out = self.net(*given, training=training)
        else:
            out = self.net(given, training=training)
        return (out, pair[1]) if self.on else out

    def twin(self, net: keras.layers.Layer) -> "HandOn":
        """The same around another net."""
        return HandOn(net, self.give, apart=self.apart, on=self.on, name=self.name)
