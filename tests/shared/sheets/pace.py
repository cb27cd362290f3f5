"""How much longer something larger takes: in the processor's seconds for this thread, as a ratio within one run, so that
it counts neither what else the machine does nor how fast it is."""

import time
from collections.abc import Callable


def growth(act: Callable[[int], object], small: int, large: int) -> float:
    """How many times as long `act(large)` takes as `act(small)`. What grows with its size gives `large / small` or less; what
    grows with the square of it, far more."""
    act(small)  # what is made once is not counted
    return _seconds(act, large) / min(_seconds(act, small) for _ in range(3))


def _seconds(act: Callable[[int], object], size: int) -> float:
    began = time.thread_time()
    act(size)
    return time.thread_time() - began
