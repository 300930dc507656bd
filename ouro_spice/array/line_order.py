"""In which order the nodes of an array's lines are eliminated: nested dissection, made for crossing lines."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=8)
def dissection(rows: int, cols: int) -> np.ndarray:
    """Return the nodes of an array in the order in which they are eliminated, (2 rows cols,).

    Nodes are counted row by row: first those of the word lines at the cells, then those of the bit lines. A rectangle
    of cells is cut along its longer side. Only bit lines cross a row: its bit-line nodes alone separate what lies above
    from what lies below, and the row's piece of word line is a part of its own. The same holds for a column with both
    kinds of line exchanged. Separators have half the nodes that a cut through a plain grid would have.
    """
    size = rows * cols
    node = np.arange(2 * size)
    word, place = node < size, np.divmod(node % size, cols)
    low = [np.zeros(2 * size, dtype=int) for _ in range(2)]
    high = [np.full(2 * size, count) for count in (rows, cols)]
    key, live = np.zeros(2 * size, dtype=np.int64), np.ones(2 * size, dtype=bool)
    while live.any():
        tall, single, on, own, beyond = _cut(word, place, low, high)
        key = 4 * key + np.where(live, np.where(on, np.where(own, 2, 3), beyond), 0)
        live &= ~((on & ~own) | single)
        middles = [(a + b) // 2 for a, b in zip(low, high, strict=True)]
        for axis, cut in enumerate((tall, ~tall)):
            middle = middles[axis]
            start = np.where(on, middle, np.where(beyond, middle + 1, low[axis]))
            stop = np.where(on, middle + 1, np.where(beyond, high[axis], middle))
            low[axis], high[axis] = np.where(cut, start, low[axis]), np.where(cut, stop, high[axis])
    return np.argsort(key, kind="stable")


def _cut(
    word: np.ndarray, place: tuple[np.ndarray, np.ndarray], low: list[np.ndarray], high: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return how the rectangle of each node is cut, each (N,): along a row, of one cell alone, and of the node itself
    whether it lies on the cut, there on the line that runs along it, and beyond.
    """
    height, width = (b - a for a, b in zip(low, high, strict=True))
    tall = (height >= width) & (height > 1)
    at = np.where(tall, *place)
    middle = np.where(tall, low[0] + high[0], low[1] + high[1]) // 2
    on = at == middle
    return tall, (height == 1) & (width == 1), on, on & (tall == word), at > middle
