import re

import pytest

from lowbit_sim.study.claims import ArmNames

NAMES = ArmNames("<a>_<n>", re.compile(r"(?P<a>[a-z]+)_(?P<n>[0-9]+)"))


def test_a_name_has_parts():
    assert NAMES.parts("vit_16") == {"a": "vit", "n": "16"}
    assert NAMES.part("vit_16", "n") == "16"


@pytest.mark.parametrize("name", ["vit", "vit_16_", "x vit_16", ""])
def test_another_form_is_refused(name):
    assert NAMES.parts(name) is None
    with pytest.raises(ValueError, match="is not called <a>_<n>"):
        NAMES.part(name, "a")
