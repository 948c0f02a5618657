from pathlib import Path

import pytest
from made_contest import small_and_large

from lowbit_sim.judge.cache import (
    cache_folder,
    entry_key,
    kept_text,
    known,
    package_hash,
    remembered,
)

MADE = tuple(small_and_large()[:4])


def test_made_once_and_then_found():
    calls = []

    def make():
        calls.append(1)
        return MADE

    assert known("a" * 64) is None
    assert remembered("a" * 64, make) == MADE
    assert remembered("a" * 64, make) == MADE
    assert len(calls) == 1
    assert known("a" * 64) == MADE


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"machine": {}, "candidates": [{}]}'])
def test_a_damaged_entry_is_made_again(damage):
    remembered("b" * 64, lambda: MADE)
    (cache_folder() / f"{'b' * 64}.json").write_text(damage, encoding="utf-8")
    assert known("b" * 64) is None
    assert remembered("b" * 64, lambda: MADE) == MADE
    assert known("b" * 64) == MADE


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "file"))
    assert remembered("c" * 64, lambda: MADE) == MADE


def test_the_key_follows_files_and_all_else_that_decides(tmp_path):
    one = tmp_path / "one.yaml"
    one.write_text("a", encoding="utf-8")
    first = entry_key([one], {"objective": "edp"})
    assert entry_key([one], {"objective": "edp"}) == first
    assert entry_key([one], {"objective": "energy"}) != first
    one.write_text("ab", encoding="utf-8")
    assert entry_key([one], {"objective": "edp"}) != first


def test_the_folder_can_be_named(monkeypatch):
    monkeypatch.delenv("LOWBIT_SIM_CACHE")
    assert cache_folder() == Path("~/.cache/lowbit-sim/candidates").expanduser()


def test_texts_are_kept_too(tmp_path, monkeypatch):
    texts = iter(["one", "two"])
    assert kept_text("d" * 64, lambda: next(texts)) == "one"
    assert kept_text("d" * 64, lambda: next(texts)) == "one"
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("LOWBIT_SIM_CACHE", str(tmp_path / "file"))
    assert kept_text("d" * 64, lambda: next(texts)) == "two"
    assert len(package_hash()) == 64
