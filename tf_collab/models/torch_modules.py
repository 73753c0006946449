"""A PyTorch module as functions of its input and its tensors."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab.models import torch_axes, torch_bridge, torch_modes, torch_stages

__all__ = ["Net", "Part", "Value"]

ROWS = 4  # of a trial, which tells types and shapes


class Value(NamedTuple):
    """A parameter or a buffer."""

    name: str
    tensor: Any
    is_parameter: bool
    learns: bool


class Part(NamedTuple):
    """A run of stages as a function of torch tensors."""

    # (leaves of the input, tensors, a seed in training) -> leaves of the output, and
    # in training the buffers afterwards
    fn: Callable
    outputs: list[tf.TensorSpec]
    leaves: int  # of the output
    structure: Any  # of the output


class Net:
    """A module, its stages and its tensors; a tensor of several names is one."""

    def __init__(
        self,
        module: Any,
        stages: Sequence[Sequence[Any]] | None = None,
        channels_first: bool | None = None,
        pick: int | str | None = None,
    ):
        import torch

        if not isinstance(module, torch.nn.Module):
            raise ValueError(
                f"a PyTorch net is a torch.nn.Module, not {type(module).__name__}"
            )
        if any(torch.nn.parameter.is_lazy(p) for p in module.parameters()):
            raise ValueError(
                f"{type(module).__name__} has no shapes yet: call it once on a batch"
            )
        self.module, self.given, self.pick = module, stages, pick
        self.stages = [[module]] if stages is None else [list(s) for s in stages]
        self.tensors: list[Value] = []
        self.places: dict[str, int] = {}  # of every name
        self._collect(module)
        self.buffers = [i for i, v in enumerate(self.tensors) if not v.is_parameter]
        self.axes = torch_axes.Axes(
            module,
            [v.tensor for v in self.tensors if v.is_parameter],
            next((v.tensor.device for v in self.tensors), None),
            channels_first,
        )
        self.has_batch_norm = any(map(torch_modes.is_batch_norm, module.modules()))
        self.runner = torch_stages.runner(self)
        self._trials: dict[Any, Any] = {}

    def _collect(self, module):
        seen: dict[int, int] = {}
        named = [
            *(
                (*pair, True)
                for pair in module.named_parameters(remove_duplicate=False)
            ),
            *((*pair, False) for pair in module.named_buffers(remove_duplicate=False)),
        ]
        for name, tensor, is_parameter in named:
            if id(tensor) not in seen:
                seen[id(tensor)] = len(self.tensors)
                learns = is_parameter and tensor.requires_grad
                self.tensors.append(Value(name, tensor, is_parameter, learns))
            self.places[name] = seen[id(tensor)]

    def part(
        self, x: Any, leaves: Sequence[tf.Tensor], first: int, last: int, mode: str
    ) -> Part:
        """Stages `first` to before `last` on inputs like x, in "eval" or "train" mode,
        or in "batch" mode, where batch-norm looks at the batch.
        """
        if first == last:
            specs = [tf.TensorSpec(v.shape, v.dtype) for v in leaves]
            like = tf.nest.map_structure(lambda _: 0, x)
            return Part(lambda *given: given[: len(specs)], specs, len(specs), like)
        shapes, structure, writes = self._trial(x, leaves, first, last)
        n, count = len(leaves), len(shapes)
        batch = leaves[0].shape[0]
        specs = [
            tf.TensorSpec([batch, *shape], getattr(tf, kind)) for shape, kind in shapes
        ]
        if mode == "train":
            for i in self.buffers:
                tensor = self.tensors[i].tensor
                specs.append(tf.TensorSpec([*tensor.shape], _name_of(tensor.dtype)))

        def fn(*given):
            inputs = list(given[:n])
            tensors = list(given[n : n + len(self.tensors)])
            if mode != "eval":  # which writes into buffers, and may drop out in place
                for i in self.buffers:
                    tensors[i] = tensors[i].clone()
            if writes or mode != "eval":
                inputs = [v.clone() for v in inputs]
            seed = given[-1] if mode == "train" else None
            out, fresh = self.run(x, inputs, tensors, first, last, mode, seed)
            return [*out, *(fresh if mode == "train" else [])]

        return Part(fn, specs, count, structure)

    def run(
        self,
        x: Any,
        inputs: Sequence[Any],
        tensors: Sequence[Any],
        first: int,
        last: int,
        mode: str = "eval",
        seed: Any = None,
    ) -> tuple[list[Any], list[Any]]:
        """Leaves of the output, and the buffers afterwards.

        The structure of the input is that of x.
        """
        import torch

        tensors = [v.to(own.tensor.device) for v, own in zip(tensors, self.tensors)]
        values = {f"net.{name}": tensors[i] for name, i in self.places.items()}
        with torch_modes.mode(self.module, mode), torch_modes.seeded(seed):
            out = torch.func.functional_call(
                self.runner,
                values,
                (x, inputs, first, last),
                tie_weights=False,  # each name has its value already
            )
        # A module may have put another tensor in a buffer's place.
        fresh = [values[f"net.{self.tensors[i].name}"].detach() for i in self.buffers]
        return tf.nest.flatten(out), fresh

    def _trial(self, x, leaves, first, last):
        """Shapes and types of the output, its structure, and whether the module writes
        into its input.
        """
        import torch

        given = tuple((tuple(v.shape[1:]), v.dtype.name) for v in leaves)
        key = first, last, given, repr(tf.nest.map_structure(lambda _: 0, x))
        if key in self._trials:
            return self._trials[key]
        for leaf in leaves:
            if leaf.shape.rank is None or None in leaf.shape[1:]:
                raise ValueError(
                    f"a PyTorch module takes arrays [batch, ...] of known shape, not "
                    f"{leaf.shape}"
                )
        zeros = [
            torch.zeros([ROWS, *v.shape[1:]], dtype=getattr(torch, v.dtype.name))
            for v in leaves
        ]
        before = [v._version for v in zeros]
        with (
            torch_bridge.LOCK,
            torch.no_grad(),
            torch_modes.mode(self.module, "eval"),
            torch.random.fork_rng(devices=[]),
        ):
            try:
                out = self.runner(x, zeros, first, last)
            except (RuntimeError, IndexError, KeyError, AttributeError) as error:
                raise ValueError(str(error).strip().split("\n")[0]) from error
        made = tf.nest.flatten(out)
        for leaf in made:
            if not torch.is_tensor(leaf) or not leaf.ndim or len(leaf) != ROWS:
                told = [*leaf.shape] if torch.is_tensor(leaf) else type(leaf).__name__
                raise ValueError(
                    f"a PyTorch module gives tensors [batch, ...], and of {ROWS} rows "
                    f"this one made {told}"
                )
        specs = [([*v.shape[1:]], _name_of(v.dtype)) for v in made]
        writes = [v._version for v in zeros] != before
        structure = tf.nest.map_structure(lambda _: 0, out)
        self._trials[key] = specs, structure, writes
        return self._trials[key]


def _name_of(dtype):
    return str(dtype).removeprefix("torch.")
