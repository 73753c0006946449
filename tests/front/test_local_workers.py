"""Ctrl-C while Dask's processes start is the program's, and leaves nothing behind."""

import logging
import multiprocessing
import os
import signal
import time

import pytest

from tf_collab.front import local_workers, quiet_dask

distributed = pytest.importorskip("distributed", reason="`make test-cluster` has Dask")


@pytest.fixture
def listening():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_processes_hear_no_ctrl_c_and_go_with_a_start_that_is_broken_off(monkeypatch):
    seen = []

    def starting(**how):
        seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        start = multiprocessing.get_context("spawn").Process
        seen.append(start(target=time.sleep, args=(60,)))
        seen[-1].start()
        seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        os.kill(os.getpid(), signal.SIGINT)
        seen[1].join()
        raise RuntimeError("it died")

    monkeypatch.setattr(distributed, "LocalCluster", starting)
    with pytest.raises(KeyboardInterrupt):
        local_workers.start()
    before, process, after = seen
    assert signal.SIGINT in before & after and process.exitcode == -signal.SIGKILL
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert "PYTHONWARNINGS" not in os.environ


def test_dask_says_nothing_after_ctrl_c_either():
    loggers = [logging.getLogger(name) for name in quiet_dask.LOGGERS]
    levels = [logger.level for logger in loggers]
    with quiet_dask.quiet():
        pass
    assert [logger.level for logger in loggers] == levels
    try:
        with pytest.raises(KeyboardInterrupt), quiet_dask.quiet():
            raise KeyboardInterrupt
        assert {logger.level for logger in loggers} == {logging.CRITICAL}
    finally:
        for logger, level in zip(loggers, levels):
            logger.setLevel(level)
