from simulated import cycles_of

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.rtl.digits import PowerDigits, TernaryDigits
from lowbit_sim.rtl.pes import GrowingPE, Holder, HoldingLane, HoldingPE

THREE, NINE = (TernaryDigits(number_format(f"levels_{n}")) for n in (3, 9))
MINUS, ZERO, PLUS = 3, 0, 1


def test_a_word_is_used_in_the_cycle_after_it_arrived():
    holder = Holder(THREE, hidden=False)
    given = [
        [(holder.word_in, PLUS), (holder.arrives, 1)],
        [(holder.word_in, MINUS), (holder.arrives, 0)],
    ]
    assert cycles_of(holder, given, [holder.digit]) == [(0,), (PLUS,)]


def test_a_hidden_word_waits_for_the_first_beat_and_stays_when_the_next_one_comes():
    holder = Holder(THREE, hidden=True)
    given = [
        [(holder.word_in, PLUS), (holder.arrives, 1)],
        [
            (holder.first, 1),
            (holder.word_in, MINUS),
        ],  # the next word follows the first beat at once
        [(holder.first, 0), (holder.arrives, 0)],
        [(holder.first, 1)],
    ]
    seen = cycles_of(holder, given, [holder.digit, holder.word])
    assert seen == [(0, 0), (PLUS, PLUS), (PLUS, MINUS), (MINUS, MINUS)]


def test_the_place_chooses_the_digit():
    # 2 = 3 − 1: the trits −1 and 1
    holder = Holder(NINE, hidden=False)
    given = [
        [(holder.word_in, MINUS + 4 * PLUS), (holder.arrives, 1)],
        [(holder.place, 0)],
        [(holder.place, 1)],
    ]
    assert cycles_of(holder, given, [holder.digit])[1:] == [(MINUS,), (PLUS,)]


def test_a_sum_moves_down_and_an_activation_right_a_cycle_later():
    pe = HoldingPE(THREE, 8, 16, hidden=False)
    given = [
        [(pe.holder.word_in, MINUS), (pe.holder.arrives, 1)],
        [(pe.holder.arrives, 0), (pe.activation_in, 5), (pe.sum_in, 100)],
        [(pe.activation_in, 0), (pe.sum_in, 0)],
    ]
    seen = cycles_of(pe, given, [pe.total, pe.sum, pe.activation])
    assert seen[1:] == [(95, 0, 0), (0, 95, 5)]


def test_a_lane_gives_the_product_at_once():
    lane = HoldingLane(PowerDigits(number_format("levels_5")), 8, hidden=False)
    # −2: non-zero, negative, exponent 1
    given = [[(lane.holder.word_in, 7), (lane.holder.arrives, 1)], [(lane.activation_in, -128)]]
    assert cycles_of(lane, given, [lane.product])[1] == (256,)


def test_a_sum_grows_begins_again_and_takes_the_one_above():
    pe = GrowingPE(THREE, 8, 16, apart=False)
    given = [
        [(pe.valid, 1), (pe.first, 1), (pe.activation_in, 5), (pe.digit_in, PLUS)],
        [(pe.first, 0), (pe.activation_in, 7), (pe.digit_in, MINUS)],
        [(pe.valid, 0)],
        [(pe.takes, 1), (pe.sum_in, 40)],
        [(pe.takes, 0), (pe.valid, 1), (pe.first, 1), (pe.activation_in, 9), (pe.digit_in, PLUS)],
        [(pe.valid, 0)],
    ]
    assert [leaving for (leaving,) in cycles_of(pe, given, [pe.leaving])] == [0, 5, -2, -2, 40, 9]


def test_a_finished_sum_leaves_through_a_register_of_its_own():
    pe = GrowingPE(THREE, 8, 16, apart=True)
    given = [
        [(pe.valid, 1), (pe.first, 1), (pe.last, 1), (pe.activation_in, 5), (pe.digit_in, PLUS)],
        [(pe.last, 0), (pe.activation_in, 7)],  # the next sum grows
        [(pe.takes, 1), (pe.sum_in, 40), (pe.first, 0)],
        [(pe.valid, 0), (pe.takes, 0)],
    ]
    assert [leaving for (leaving,) in cycles_of(pe, given, [pe.leaving])] == [0, 5, 5, 40]
