"""Connected components of a graph given as pairs of node numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def components(count: int, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.int32]:
    """The number of the component of each of `count` nodes; `one` and `other` are the ends of the edges."""
    from scipy.sparse import coo_array  # a quarter of a second that the main process of a build has no use for
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(one), dtype=np.int8)
    _, labels = connected_components(coo_array((ones, (one, other)), shape=(count, count)), directed=False)
    return np.asarray(labels, dtype=np.int32)
