"""scikit-learn's copy of the handwritten digits, 8 × 8 pixels from 0 to 16."""

from __future__ import annotations

import numpy as np

from lowbit_sim.data.catalogue import CATALOGUE
from lowbit_sim.data.images import ImageSet, checked


def read_digits() -> ImageSet:
    """Return the 1797 digits, which have no test part of their own.

    Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
    Learning Repository, 1998; the part of it that ``sklearn.datasets.load_digits`` has.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415  (scikit-learn is slow to import)

    entry = CATALOGUE["digits"]
    held = load_digits()
    images = held.images.astype(np.uint8)[:, None]
    labels = held.target.astype(np.int64)
    return checked(ImageSet(entry.title, entry.white, entry.shape.classes, images, labels))
