"""Time and memory of counting n-grams, and of their divergence from a small sample.

    python benchmarks/bench_ngrams.py [lines]

The text is 10 million lines of 32 unless told: words, each of Zipf-like letters, drawn
by a Zipf law, and one line in four padded. The peer is NumPy's sort of as many random
numbers in chunks: the least that counting by sorting takes. The peak of memory is the
process's so far: TensorFlow, the lines, and the model of one n at a time.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import resource
import sys
import time

import numpy as np
import peak

from tf_collab import metrics

LENGTH, CHARACTERS, WORDS, LONGEST = 32, 2048, 200_000, 10
PADDING, SPACE, PAST = 1, 2, CHARACTERS  # the last marks the end of a word
SAMPLE = 640  # lines of the other text
CHUNK = 2**16


def zipf(random, most, shape):
    """Whole numbers below `most`, the i-th as frequent as 1 / (i + 1)."""
    return np.minimum(most ** random.random(shape), most - 1).astype(np.int32)


def dictionary(random):
    """[WORDS, LONGEST + 1]; a word, a space and nothing."""
    words = 3 + zipf(random, CHARACTERS - 3, [WORDS, LONGEST + 1])
    place, ends = np.arange(LONGEST + 1), random.integers(1, LONGEST + 1, [WORDS, 1])
    return np.where(place < ends, words, np.where(place == ends, SPACE, PAST))


def text(lines, seed):
    """uint16 [lines, LENGTH]."""
    words = dictionary(np.random.default_rng(0))
    random = np.random.default_rng(seed)
    indices = np.empty([lines, LENGTH], np.uint16)
    for start in range(0, lines, CHUNK):
        block = indices[start : start + CHUNK]
        drawn = words[zipf(random, WORDS, len(block) * LENGTH // 2)].ravel()
        block[:] = drawn[drawn != PAST][: block.size].reshape(block.shape)
        ends = random.integers(1, 4 * LENGTH, [len(block), 1])
        block[np.arange(LENGTH) >= ends] = PADDING
    return indices


def peak_gib():
    """Linux counts in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def timed(run):
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


lines = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
sample = text(SAMPLE, 2)
real, seconds = timed(lambda: text(lines, 1))
peak.report(f"{lines} lines made", seconds, "s", f"{peak_gib():6.2f} GiB")

random = np.random.default_rng(0).integers(2**64, size=2**23, dtype=np.uint64)
per_key = peak.best_time(lambda: np.sort(random)) / len(random)
peak.report("one number sorted", 1e9 * per_key, "ns")

for n in range(1, 7):
    model, seconds = timed(lambda n=n: metrics.NgramModel.of(real, n))
    different, sorts = len(model.keys), seconds / (per_key * model.total)
    peak.report(
        f"{n}-grams, {different} different",
        seconds,
        "s",
        f"{sorts:6.2f} sorts  {peak_gib():6.2f} GiB",
    )
    few = metrics.NgramModel.of(sample, n)
    value, seconds = timed(lambda few=few, model=model: metrics.ngram_js(few, model))
    peak.report(f"  {SAMPLE} lines are {value:.4f} bits off, found in", seconds, "s")
    del model
