from simulated import cycles_of

from lowbit_sim.rtl.feet import Collector, Foot


def test_digits_and_folds_of_a_sum_are_added_at_its_address():
    foot = Foot((1, 3), 16, 4)
    given = [
        [(foot.came, 1), (foot.new, 1), (foot.at, 2), (foot.place, 0), (foot.sum_in, 5)],
        [(foot.new, 0), (foot.place, 1), (foot.sum_in, -4)],  # 5 − 3 · 4
        [(foot.at, 1), (foot.new, 1), (foot.place, 0), (foot.sum_in, 9)],
        [(foot.at, 2), (foot.new, 0), (foot.sum_in, 1)],
        [(foot.came, 0), (foot.sum_in, 99)],
    ]
    seen = cycles_of(foot, given, [foot.written, foot.memory.data[2], foot.memory.data[1]])
    assert [written for written, *_ in seen[:4]] == [5, -7, 9, -6]
    assert seen[4][1:] == (-6, 9)


def test_sums_are_kept_in_the_order_in_which_they_come():
    collector = Collector(16, 4)
    given = [
        [(collector.came, 1), (collector.sum_in, 5)],
        [(collector.came, 0), (collector.sum_in, 6)],
        [(collector.came, 1), (collector.sum_in, 7)],
        [(collector.came, 0), (collector.start, 1)],
        [(collector.came, 1), (collector.start, 0), (collector.sum_in, 8)],
        [(collector.came, 0)],
    ]
    data = collector.memory.data
    seen = cycles_of(collector, given, [data[0], data[1], data[2]])
    assert seen[3] == (5, 7, 0)
    assert seen[5] == (8, 7, 0)
