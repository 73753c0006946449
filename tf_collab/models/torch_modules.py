"""A PyTorch module as functions of its input and its tensors."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from tf_collab.models import torch_bridge

__all__ = ["Net", "Part", "Value", "children"]

ROWS = 4  # of a trial, which tells types and shapes
# To which a chain of children repeats the module: kernels may sum in another order.
SLACK = 1e-4


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
        floats = {v.tensor.dtype for v in self.tensors if v.is_parameter}
        floats = {kind for kind in floats if kind.is_floating_point}
        self._dtype = floats.pop() if len(floats) == 1 else None
        self._device = next((v.tensor.device for v in self.tensors), None)
        self.channels_first = channels_first
        if channels_first is None and any(map(_is_of_images, module.modules())):
            self.channels_first = True
        self.has_batch_norm = any(map(_is_batch_norm, module.modules()))
        leaves = [part for part in module.modules() if not [*part.children()]]
        self._flat = bool(leaves) and _is_convolution(leaves[0])
        self._runner = _runner(self)
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
        with _mode(self.module, mode), _seeded(seed):
            out = torch.func.functional_call(
                self._runner,
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
            _mode(self.module, "eval"),
            torch.random.fork_rng(devices=[]),
        ):
            try:
                out = self._runner(x, zeros, first, last)
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

    def repeats(self, x: Any) -> bool:
        """Whether the stages one after another give for x what the module gives."""
        import torch

        given = [tf.convert_to_tensor(leaf).numpy() for leaf in tf.nest.flatten(x)]
        joined = [torch_bridge.of_numbers(leaf.copy()) for leaf in given]
        with torch_bridge.LOCK, torch.no_grad(), _mode(self.module, "eval"):
            try:
                # The module itself: one stage may be all of it, or none.
                whole = self._runner(x, [v.clone() for v in joined], 0, None)
                h = x
                for i in range(len(self.stages)):
                    h = self._runner(h, joined, i, i + 1, whole=False)
                    joined = tf.nest.flatten(h)
                tf.nest.assert_same_structure(whole, h)
            except Exception:  # whatever a child may say to what is not meant for it
                return False
        pairs = zip(tf.nest.flatten(whole), joined)
        return all(
            a.shape == b.shape and bool(((a - b).abs() <= SLACK * a.abs().max()).all())
            for a, b in pairs
        )

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

    def _turns(self):
        if self.channels_first is None:
            raise ValueError(
                "nobody can tell where this module has an image's channels: say "
                "channels_first=True for [batch, channels, height, width], or False"
            )
        return self.channels_first


def children(
    module: Any, x: Any, *, channels_first: bool | None = None
) -> list[tuple[str, Any]] | None:
    """Names and modules that a module calls one after another, nothing between.

    A Sequential is looked into, anything else is not. None where they do not give for x
    what the module gives.
    """
    from torch import nn

    def flat(part, path):
        if type(part).forward is nn.Sequential.forward:
            for name, child in part.named_children():
                yield from flat(child, f"{path}{name}.")
        else:
            yield path.removesuffix("."), part

    if type(module).forward is nn.Sequential.forward:
        return [*flat(module, "")]
    named = module.named_children()
    known = [found for name, child in named for found in flat(child, f"{name}.")]
    net = Net(module, [[part] for _, part in known], channels_first)
    return known if known and net.repeats(x) else None


def _runner(net):
    """The net's stages as a module, whose weights can be put in its place."""
    import torch

    class Runner(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.net = net.module

        def forward(self, x, inputs, first, last, whole=True):
            leaves = [net.to_torch(v) for v in inputs]
            if first == 0:
                leaves = [net.as_pixels(v) for v in leaves]
            h = tf.nest.pack_sequence_as(x, leaves)
            last = len(net.stages) if last is None else last
            if whole and (first, last) == (0, len(net.stages)):
                h = _applied(self.net, h)
            else:
                for stage in net.stages[first:last]:
                    for step in stage:
                        h = _applied(step, h)
            if last == len(net.stages) and net.pick is not None:
                h = h[net.pick]
            return tf.nest.map_structure(net.of_torch, h)

    return Runner()


def _applied(module, x):
    if isinstance(x, dict):
        return module(**x)
    return module(*x) if isinstance(x, (tuple, list)) else module(x)


@contextlib.contextmanager
def _mode(module, mode) -> Iterator[None]:
    """Inside, the module is in that mode; afterwards it is in its own again."""
    before = [(part, part.training) for part in module.modules()]
    module.train(mode == "train")
    if mode == "batch":
        for part, _ in before:
            if _is_batch_norm(part):
                part.training = True
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


@contextlib.contextmanager
def _seeded(seed) -> Iterator[None]:
    """Inside, torch's random numbers are those of a seed [], if there is one."""
    import torch

    if seed is None:
        yield
        return
    with torch.random.fork_rng():
        torch.manual_seed(int(seed))
        yield


def _is_batch_norm(part):
    import torch

    return isinstance(part, torch.nn.modules.batchnorm._BatchNorm)


def _is_of_images(part):
    return type(part).__module__.startswith("torch.nn") and (
        type(part).__name__.endswith("2d")
    )


def _is_convolution(part):
    return _is_of_images(part) and "Conv" in type(part).__name__


def _name_of(dtype):
    return str(dtype).removeprefix("torch.")
