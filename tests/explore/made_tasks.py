"""Tasks that other processes can import."""

import os
import signal
import time
from pathlib import Path

from lowbit_sim.errors import LowbitSimError


def square(number):
    return number * number


def process_of(_):
    return os.getpid()


def slow_square(number):
    time.sleep(0.05)
    return number * number


def refused(number):
    raise LowbitSimError(f"not {number}")


def dies(number):
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def dies_once(asked):
    """Square a number; whoever gets the fatal one first is killed."""
    number, fatal, marker = asked
    if number == fatal and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def meets(asked):
    """Return once another task has begun, too."""
    number, folder = asked
    (Path(folder) / str(number)).touch()
    deadline = time.monotonic() + 60
    while len([*Path(folder).iterdir()]) == 1:
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
    return number
