import errno
import os
import random
from dataclasses import fields

import pytest

from lowbit_sim.errors import SpecError
from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.frames import read
from lowbit_sim.explore.records import FILE, Records, records_of
from lowbit_sim.explore.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, "a")


def made(design, workload="vit", weight_format="int8"):
    """Return a row with numbers that no rounding leaves as they are."""
    row, chance = Row(design, workload, weight_format), random.Random(design)
    names = {one.name for one in fields(Confirmed) if one.type == "float"}
    floats = {name: chance.random() for name in sorted(names)}
    return Confirmed(row, cycles=10**12 + design, disagreement_cycles=design, **floats)


def refused(design):
    return Confirmed(Row(design, "vit", "int8"), "no room in the sram; é")


def by_row(*found):
    return {one.row: one for one in found}


def test_at_first_nothing_is_known(store):
    assert records_of(store).known == {}


def test_what_was_added_is_known_to_the_next(store):
    found = [made(7), refused(3), made(7, "cvnn"), made(7, weight_format="levels_3")]
    records_of(store).add(found)
    again = records_of(store).known
    assert again == by_row(*found)
    for one in again.values():
        assert isinstance(one.row.design, int)
        assert isinstance(one.cycles, int)


def test_rows_are_added_to_those_before(store):
    records = records_of(store)
    records.add([made(1)])
    records.add([made(2), refused(3)])
    assert records.known == by_row(made(1), made(2), refused(3))
    records_of(store).add([made(4)])
    assert records_of(store).known == by_row(made(1), made(2), refused(3), made(4))


def test_a_row_that_was_confirmed_again_stands_once(store):
    records = records_of(store)
    records.add([refused(1), made(2)])
    records.add([made(1)])
    assert records_of(store).known == by_row(made(1), made(2))
    assert read(store.folder / FILE)["design"].tolist() == [1, 2]


def test_the_order_of_being_found_leaves_no_trace(store, tmp_path):
    other = Store(tmp_path / "other", "a")
    found = [made(design) for design in range(9)]
    records_of(store).add(found)
    for one in reversed(found):
        records = records_of(other)
        records.add([one])
    assert (store.folder / FILE).read_bytes() == (other.folder / FILE).read_bytes()


def test_rows_stand_by_network_and_design(store):
    records_of(store).add([made(2), made(1), made(5, "cvnn")])
    columns = read(store.folder / FILE)
    assert columns["workload"].tolist() == ["cvnn", "vit", "vit"]
    assert columns["design"].tolist() == [5, 1, 2]


def test_of_a_damaged_file_nothing_is_believed(store):
    records_of(store).add([made(design) for design in range(30)])
    path = store.folder / FILE
    sound = path.read_bytes()
    for at in range(0, len(sound), 53):
        raw = bytearray(sound)
        raw[at] ^= 4
        path.write_bytes(raw)
        assert records_of(store).known == {}
    for raw in (b"", sound[:-1], sound + b"\0"):
        path.write_bytes(raw)
        assert records_of(store).known == {}
    path.write_bytes(sound)
    assert len(records_of(store).known) == 30


@pytest.mark.parametrize("written", range(3))
def test_wherever_writing_ends_the_file_is_sound(store, monkeypatch, written):
    records = records_of(store)
    records.add([made(1)])
    left = written

    def fsync(_):
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", fsync)
        if written < 2:
            with pytest.raises(SpecError, match="cannot be written: No space left"):
                records.add([made(2)])
        else:
            records.add([made(2)])
    expected = [made(1)] if written < 2 else [made(1), made(2)]
    assert records_of(store).known == by_row(*expected)


def test_records_without_hashes_are_not_believed(store):
    Records(store).add([made(1)])
    for path in store.folder.glob("*.sha256"):
        path.unlink()
    assert records_of(store).known == {}
