from amaranth.hdl import Cat, Module, Signal, signed
from simulated import cycles_of

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.rtl.digits import Operands
from lowbit_sim.rtl.holding import move_in, tree
from lowbit_sim.rtl.pes import Holder


def test_words_move_down_until_they_are_in_their_rows():
    m, begins, enters, word = Module(), Signal(), Signal(), Signal(8)
    holders = [Holder(Operands(number_format("int8"), 8), hidden=True) for _ in range(3)]
    m.submodules += holders
    move_in(m, Cat(begins, enters, word), holders)
    words = [3, 2, 1, 13, 12, 11]  # two folds without a pause, the bottom row's word first
    given = [[(enters, 1), (word, w), (begins, int(i % 3 == 0))] for i, w in enumerate(words)]
    seen = cycles_of(m, [*given, [(enters, 0)]], [holder.word for holder in holders])
    assert seen == [
        (0, 0, 0), (3, 0, 0), (2, 3, 0), (1, 2, 3), (13, 2, 3), (12, 13, 3), (11, 12, 13),
    ]  # fmt: skip


def test_five_terms_are_added_in_three_levels():
    m, terms = Module(), [Signal(signed(4)) for _ in range(5)]
    root = tree(m, terms, 16)
    given = [
        list(zip(terms, (1, 2, 3, 4, -5), strict=True)),
        [(term, 0) for term in terms],
        [],
        [],
    ]
    assert [total for (total,) in cycles_of(m, given, [root])] == [0, 0, 0, 5]
    assert len(root) <= 8
