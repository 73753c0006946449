"""Keras' batch-norm, computed by TensorFlow's fused kernel."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["BatchNormalization"]


@keras.saving.register_keras_serializable("tf_collab")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer, up to rounding, but faster for images.

    Keras composes batch-norm of a dozen operations, each a pass over the images, all in
    float32 even in mixed precision. The fused kernel takes images [batch, height,
    width, channels] in float32 or half precision; Keras' own way is taken for anything
    else.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """inputs [batch, ..., channels] -> the same shape, normalised by channel."""
        if not self._fuses(inputs) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        scale = self.gamma.value if self.scale else tf.ones([channels])
        offset = self.beta.value if self.center else tf.zeros([channels])
        batch = bool(training and self.trainable)
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=scale,
            offset=offset,
            mean=[] if batch else self.moving_mean.value,
            variance=[] if batch else self.moving_variance.value,
            epsilon=self.epsilon,
            is_training=batch,
        )
        if batch:
            n = tf.cast(tf.size(inputs) // channels, variance.dtype)
            self._follow(self.moving_mean, mean)
            # The kernel divides by n - 1; Keras' moving variance divides by n.
            self._follow(self.moving_variance, variance * (1 - 1 / n))
        return y

    def _fuses(self, x: tf.Tensor) -> bool:
        last = x.shape.rank == 4 and self.axis in (-1, 3)
        other = self.synchronized or getattr(self, "renorm", False)
        return last and x.dtype.size <= 4 and not other

    def _follow(self, moving: keras.Variable, value: tf.Tensor) -> None:
        moving.assign(self.momentum * moving + (1 - self.momentum) * value)
