import pytest
from process import copied_house


@pytest.fixture
def house(tmp_path):
    """Return a copy of the shipped files, to be damaged."""
    return copied_house(tmp_path)
