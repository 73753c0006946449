"""Functions of PyTorch tensors as functions of TensorFlow's, derivatives included.

Inside a graph a tensor crosses without a copy, where both are on the processor. What
nobody asks for is not run: a gradient by weights while samples are refined, say.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_collab.models import torch_thread

__all__ = ["LOCK", "crossed", "lifted", "numbers", "of_numbers"]

# A call swaps a module's weights and its mode, and torch uses all cores by itself.
LOCK = threading.RLock()
BFLOAT16 = tf.bfloat16.as_numpy_dtype


def lifted(
    fn: Callable, outputs: Sequence[tf.TensorSpec], groups: Sequence[Sequence[int]]
) -> Callable:
    """`fn(*torch) -> torch tensors` as a function of TensorFlow tensors of any order.

    `outputs` are the specs of what it gives. It is differentiable, to any order, by its
    arguments at the indices in `groups`; each group's gradients are one call. The
    pass forward is made again for them, so `fn` must repeat itself.
    """

    @tf.custom_gradient
    def call(*tensors):
        out = crossed(fn, tensors, outputs)

        def gradients(*upstream):
            smooth = [i for i, spec in enumerate(outputs) if spec.dtype.is_floating]
            above = [upstream[i] for i in smooth]
            n, grads = len(tensors), [None] * len(tensors)
            for group in groups:
                wrt = [i for i in group if tensors[i].dtype.is_floating]
                if not wrt:
                    continue
                specs = [tf.TensorSpec(tensors[i].shape, tensors[i].dtype) for i in wrt]
                back = lifted(
                    _pullback(fn, n, wrt, smooth),
                    specs,
                    [*groups, range(n, n + len(above))],
                )
                for i, grad in zip(wrt, back(*tensors, *above)):
                    grads[i] = grad
            return grads

        return out, gradients

    def flat(*tensors):
        out = call(*tensors)
        return list(out) if isinstance(out, (list, tuple)) else [out]

    return flat


def _pullback(fn, n, wrt, smooth):
    """(fn's n arguments, cotangents of its smooth outputs) -> gradients by wrt."""
    import torch

    def back(*args):
        given, upstream = list(args[:n]), args[n:]
        higher = any(arg.requires_grad for arg in args)
        with torch.enable_grad():
            for i in wrt:
                if not given[i].requires_grad:
                    given[i] = given[i].detach().requires_grad_()
            made = fn(*given)
            pairs = [(made[i], up) for i, up in zip(smooth, upstream)]
            pairs = [(out, up) for out, up in pairs if out.requires_grad]
            sources = [given[i] for i in wrt]
            if not pairs:
                return [torch.zeros_like(v) for v in sources]
            outs, cotangents = zip(*pairs)
            grads = torch.autograd.grad(
                outs, sources, cotangents, create_graph=higher, allow_unused=True
            )
        return [torch.zeros_like(v) if g is None else g for v, g in zip(sources, grads)]

    return back


def crossed(
    fn: Callable, tensors: Sequence[tf.Tensor], outputs: Sequence[tf.TensorSpec]
) -> list[tf.Tensor]:
    """`fn` of these tensors, without a gradient; it neither keeps nor changes them."""
    import torch

    def run(arguments):
        return torch_thread.alone(ran, arguments)

    def ran(arguments):
        with LOCK, torch.no_grad():
            made, known = [], {t.untyped_storage().data_ptr() for t in arguments}
            for out in fn(*arguments):
                # TensorFlow may write into what it was given, if nobody else reads it.
                if out.untyped_storage().data_ptr() in known:
                    out = out.clone()
                known.add(out.untyped_storage().data_ptr())
                made.append(numbers(out))
            return made

    if tf.executing_eagerly():
        dlpack = tf.experimental.dlpack
        made = run([torch.from_dlpack(dlpack.to_dlpack(tensor)) for tensor in tensors])
        return [tf.convert_to_tensor(v, spec.dtype) for v, spec in zip(made, outputs)]
    out = tf.numpy_function(
        lambda *arrays: run([of_numbers(array) for array in arrays]),
        tensors,
        [spec.dtype for spec in outputs],
        stateful=False,  # so that what nobody asks for is not run
    )
    for tensor, spec in zip(out, outputs):
        tensor.set_shape(spec.shape)
    return out


def numbers(tensor: Any) -> np.ndarray:
    """A torch tensor as an array, without a copy where it lies on the processor."""
    import torch

    tensor = tensor.detach().cpu().contiguous()
    if tensor.dtype == torch.bfloat16:  # which NumPy knows by an extension only
        return tensor.view(torch.int16).numpy().view(BFLOAT16)
    return tensor.numpy()


def of_numbers(array: np.ndarray) -> Any:
    """An array as a torch tensor, without a copy."""
    import torch

    array = np.asarray(array)
    if array.dtype == BFLOAT16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)
