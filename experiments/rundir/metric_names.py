"""What metrics are called where people read them: words, unit, direction."""

import re

__all__ = ["AXES", "words"]

AXES = {
    "gan_step": "GAN training steps",
    "d_step": "D tuning steps",
    "layer": "generator layer",
}
_PLAIN = {
    "good": "good samples (share) ↑",
    "kl": "KL divergence over modes (nats) ↓",
    "js": "JS divergence over modes (nats) ↓",
    "mean_dist": "mean distance to the nearest mode ↓",
    "modes": "modes covered ↑",
    "spread": "spread within modes (1 is that of the data)",
    "mmd2": "squared MMD, Plummer kernel ↓",
    "sliced_wasserstein": "sliced Wasserstein distance ↓",
    "efficiency": "samples kept for each proposal ↑",
    "gain": "gain in score ↑",
    "change": "mean change of a pixel (of 2)",
    "seconds": "time (s) ↓",
    "g_forward": "passes through G",
    "g_backward": "passes back through G",
    "d_forward": "passes through D",
    "d_backward": "passes back through D",
}
# METRIC_NET_LAYER_COUNT_SPLIT: see `image_metrics.called`.
_OF_IMAGES = {
    "fd": "Fréchet distance {} ↓",
    "fid": "FID {} ↓",
    "kid": "KID {} ↓",
    "cs": "classifier score {} ↑",
    "is": "inception score {} ↑",
    "precision": "precision {} ↑",
    "recall": "recall {} ↑",
    "density": "density {} ↑",
    "coverage": "coverage {} ↑",
    "labelled": "samples that look like their label {} ↑",
}
_IMAGES = re.compile(rf"({'|'.join(_OF_IMAGES)})_(.+)_([^_]+)_(\d+k?)_(.+)")
_TEXT = re.compile(r"jsd(\d+)_(\d+)")


def words(metric: str) -> str:
    """The name of a metric, such as fd_random_pool_10k_test, in words.

    A name that is not known stays as it is, with spaces.
    """
    if metric in _PLAIN:
        return _PLAIN[metric]
    if found := _TEXT.fullmatch(metric):
        order, count = found.groups()
        return f"JS divergence of {order}-grams ({_count(count)} lines, nats) ↓"
    if found := _IMAGES.fullmatch(metric):
        kind, net, layer, count, last = found.groups()
        told = [f"{net.replace('_', ' ')} {layer}"]
        if layer != "logits":
            told[0] += " features"
        if net == "random":
            told.append("a first look")
        told.append(f"{_count(count)} samples")
        if splits := re.fullmatch(r"(\d+)splits?", last):
            told += [f"mean of {splits[1]} parts"] * (splits[1] != "1")
        elif kind != "labelled":
            told.append(f"against {last}")
        return _OF_IMAGES[kind].format(f"({', '.join(told)})")
    return metric.replace("_", " ")


def _count(count: str) -> str:
    number = 1000 * int(count[:-1]) if count.endswith("k") else int(count)
    return f"{number:,}".replace(",", " ")
