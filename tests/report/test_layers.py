import pytest
from made import result, study

from lowbit_sim.report.layers import dimensions, layer_table, utilisation_fraction
from lowbit_sim.study.ranking import rank


def test_utilisation_times_peak_times_cycles_is_the_macs():
    fp32 = result("fp32", (98,), 40, {"dram": 1.0})
    ranking = rank(study(fp32), 0.005)
    (layer,) = fp32.layers
    # 4·8·2 = 64 MACs of one pass in 40 cycles of 16 × 16 adders
    assert utilisation_fraction(ranking, layer) == pytest.approx(64 / (256 * 40))
    assert dimensions(layer) == "4·8·2"


@pytest.mark.parametrize("wide", [True, False])
def test_the_table_has_a_row_for_every_layer(wide):
    fp32 = result("fp32", (98,), 40, {"dram": 1.0})
    table = layer_table(rank(study(fp32), 0.005), fp32, wide=wide)
    assert table.row_count == 1
    assert len(table.columns) == (10 if wide else 6)
