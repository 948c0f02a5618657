import pickle
from pathlib import Path

import pytest

from lowbit_sim.errors import (
    Fault,
    LowbitSimError,
    SpecError,
    collecting,
    in_file_order,
    nearest,
    spec_error,
)

FILE = Path("folder/file.yaml")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("is wrong"), "is wrong"),
        (Fault("is wrong", FILE), "folder/file.yaml: is wrong"),
        (Fault("is wrong", FILE, 7), "folder/file.yaml:7: is wrong"),
        (Fault("is wrong", FILE, 7, "a.0.b"), "folder/file.yaml:7: a.0.b: is wrong"),
        (Fault("is wrong", key="a", value=0), "a: is wrong (got 0)"),
        (Fault("is wrong", value=""), "is wrong (got '')"),
        (Fault("is wrong", value=False), "is wrong (got False)"),
    ],
)
def test_a_fault_says_place_key_reason_and_value(fault, text):
    assert str(fault) == text


def test_a_long_value_is_cut():
    shown = str(Fault("is wrong", value="x" * 1000))
    assert shown == "is wrong (got '" + "x" * 78 + "…)"
    assert str(Fault("is wrong", value="x" * 78)) == "is wrong (got '" + "x" * 78 + "')"


def test_an_error_says_every_fault_on_its_own_line():
    error = SpecError((Fault("one", FILE, 1), Fault("two", FILE, 2)))
    assert str(error) == "folder/file.yaml:1: one\nfolder/file.yaml:2: two"
    assert isinstance(error, LowbitSimError)


def test_spec_error_has_one_fault():
    assert spec_error("is wrong", FILE, 3, "key", 4).faults == (
        Fault("is wrong", FILE, 3, "key", 4),
    )


def test_an_error_can_be_hashed_and_sent_between_processes():
    error = spec_error("is wrong", FILE, 3, "key", 4)
    assert len({error, error}) == 1
    assert pickle.loads(pickle.dumps(error)).faults == error.faults


def test_faults_are_told_in_the_order_of_the_file():
    faults = [Fault("c", line=10), Fault("b", line=9, key="z"), Fault("a", line=9, key="y")]
    assert [fault.reason for fault in in_file_order([*faults, Fault("whole file")])] == [
        *("whole file", "a", "b", "c")
    ]


def test_collecting_goes_on_after_a_spec_error_and_after_nothing_else():
    faults = [Fault("first")]
    with collecting(faults):
        raise spec_error("second")
    with collecting(faults):
        pass
    assert [fault.reason for fault in faults] == ["first", "second"]
    with pytest.raises(KeyError), collecting(faults):
        raise KeyError


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("bit_serail", "did you mean 'bit_serial'? "),
        ("BIT_SERIAL", "did you mean 'bit_serial'? "),
        ("fp32", "did you mean 'FP32'? "),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_nearest_choice_is_named_whatever_its_case(word, hint):
    assert nearest(word, {"bit_serial", "FP32"}) == f"{hint}allowed: FP32, bit_serial"


def test_the_nearest_of_nothing():
    assert nearest("word", []) == "there is none to choose from"
