import numpy as np
from sklearn.datasets import load_digits

from lowbit_sim.data.digits import read_digits
from lowbit_sim.data.images import ImageShape


def test_the_digits_are_scikit_learns():
    found, digits = read_digits(), load_digits()
    assert found.shape == ImageShape(1, 8, 10)
    assert (found.white, found.train_images.max()) == (16, 16)
    assert found.train_images.dtype == np.uint8
    assert (found.train_images.reshape(1797, 64) == digits.data).all()
    assert (found.train_labels == digits.target).all()
    assert found.test_images is found.test_labels is None
