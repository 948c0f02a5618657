import pickle

import pytest

from lowbit_sim.errors import LowbitSimError
from lowbit_sim.training.errors import TrainingError, TrainingStoppedError


@pytest.mark.parametrize("kind", [TrainingError, TrainingStoppedError])
def test_errors_cross_from_process_to_process(kind):
    error = pickle.loads(pickle.dumps(kind("vit: seed 3")))
    assert type(error) is kind
    assert str(error) == "vit: seed 3"
    assert isinstance(error, LowbitSimError)
