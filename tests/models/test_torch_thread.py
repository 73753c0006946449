"""One thread for all that PyTorch does, without PyTorch."""

import os
import threading
from concurrent import futures

import pytest

from tf_collab.models import torch_thread


def where():
    return os.getpid(), threading.get_ident()


def test_whoever_asks_it_is_one_thread_also_from_within():
    with futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(torch_thread.alone, where) for _ in range(8)]
    within = torch_thread.alone(torch_thread.alone, where)
    assert {each.result() for each in asked} == {within} != {where()}


def test_an_error_is_the_callers():
    with pytest.raises(ZeroDivisionError):
        torch_thread.alone(lambda: 1 / 0)


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_fork_has_a_thread_of_its_own():
    torch_thread.alone(where)
    child = os.fork()
    if not child:
        os._exit(0 if torch_thread.alone(where)[0] == os.getpid() else 1)
    assert os.waitpid(child, 0)[1] == 0
