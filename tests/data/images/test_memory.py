"""Tests for tf_collab.data.images.memory."""

import concurrent.futures
import threading

import pytest

from tf_collab.data.images import memory


def test_threads_never_take_more_than_there_is():
    shared, lock, taken, most = memory.Memory(10), threading.Lock(), [0], [0]

    def use(count):
        with shared.share() as claim:
            claim(count // 2)
            claim(count)
            with lock:
                taken[0] += count
                most[0] = max(most[0], taken[0])
            with lock:
                taken[0] -= count

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(use, [1, 10, 3, 4, 7, 2, 9, 5] * 50))
    assert taken == [0] and most[0] <= 10


def test_more_than_there_is_is_refused_at_once():
    with memory.Memory(2**29).share() as claim:
        claim(2**29)
        with pytest.raises(ValueError, match="takes 2 GiB, and memory_gib leaves"):
            claim(2**31)


def test_what_a_failed_reader_took_is_given_back():
    shared = memory.Memory(1)
    for _ in range(2):
        with pytest.raises(KeyError), shared.share() as claim:
            claim(1)
            raise KeyError
    with shared.share() as claim:
        claim(1)
