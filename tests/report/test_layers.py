import io
from dataclasses import replace

import pytest
from machines import make_op
from made import made_layer, result, small_study, study
from rich.console import Console

from lowbit_sim.engines.roofline import Roofline
from lowbit_sim.report.layers import (
    alike,
    bound_words,
    dimensions,
    layer_table,
    utilisation_fraction,
)
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.ranking import rank


def test_utilisation_times_peak_times_cycles_is_the_macs():
    fp32 = result("fp32", (98,), 40, {"dram": 1.0})
    ranking = rank(study(fp32), 0.005)
    (layer,) = fp32.layers
    # 4·8·2 = 64 MACs of one pass in 40 cycles of 16 × 16 adders
    assert utilisation_fraction(ranking, layer) == pytest.approx(64 / (256 * 40))
    assert dimensions(layer) == "4·8·2"


def test_what_is_no_matrix_product_has_no_utilisation():
    ranking = rank(small_study(), 0.005)
    layer, norm, _ = ranking.winner.result.layers
    assert utilisation_fraction(ranking, layer) > 0
    assert utilisation_fraction(ranking, norm) is None
    # an embedding has weights in a table, and no array
    table = make_op("embed", "embedding", 3, 8, weight="int8", parameter="t", table_rows=9)
    embedding = replace(norm, mapped=replace(norm.mapped, op=table))
    assert utilisation_fraction(ranking, embedding) is None
    assert dimensions(embedding) == "24"


def shown(ranking, found, *, wide):
    stream = io.StringIO()
    Console(file=stream, width=160).print(layer_table(ranking, found, wide=wide))
    return stream.getvalue()


@pytest.mark.parametrize("wide", [True, False])
def test_the_table_has_a_row_for_every_layer(wide):
    fp32 = result("fp32", (98,), 40, {"dram": 1.0})
    table = layer_table(rank(study(fp32), 0.005), fp32, wide=wide)
    assert table.row_count == 1
    assert len(table.columns) == (10 if wide else 6)


def test_layers_alike_are_one_row_with_their_number_and_mean_energy():
    names = ("blocks.0.fc", "blocks.1.fc", "blocks.10.fc", "head", "blocks.2.fc")
    cycles = (40, 40, 40, 40, 1_234_567)
    energies = (10e3, 20e3, 30e3, 5e3, 5e3)
    layers = [
        made_layer(name, lasted, {"dram": pj})
        for name, lasted, pj in zip(names, cycles, energies, strict=True)
    ]
    found = FormatResult("levels_3", None, 1000, tuple(layers))
    ranking = rank(study(found), 0.005)
    groups = [[one.mapped.op.name for one in group] for group in alike(ranking, found)]
    # another number of cycles is another layer, whatever its name
    assert groups == [["blocks.0.fc", "blocks.1.fc", "blocks.10.fc"], ["head"], ["blocks.2.fc"]]
    rows = [line.split() for line in shown(ranking, found, wide=False).splitlines()]
    by_name = {row[0]: row for row in rows if row}
    assert by_name["blocks.0.fc"] == ["blocks.0.fc", "3", "4·8·2", "levels_3", "40", "0.6", "20.0"]
    assert by_name["head"][1:] == ["4·8·2", "levels_3", "40", "0.6", "5.00"]
    assert by_name["blocks.2.fc"][-3] == "1,234,567"
    assert "blocks.10.fc" not in by_name


def test_energies_are_shown_in_a_unit_that_keeps_them_short():
    dear = result("levels_3", (), 40, {"dram": 223_456e6})
    text = shown(rank(study(dear), 0.005), dear, wide=False)
    assert "mJ" in text
    assert "223" in text
    assert "223,000" not in text


def test_who_bounds_a_layer_is_called_by_its_name():
    ranking = rank(small_study(), 0.005)
    layer, norm, _ = ranking.winner.result.layers
    assert bound_words(Roofline(1, "compute", 2), layer, ranking) == "adders"
    assert bound_words(Roofline(1, "compute", 2), norm, ranking) == "vector unit"
    assert bound_words(Roofline(1, "load", 0), layer, ranking) == "dram reads"
    assert bound_words(Roofline(1, "store", 1), norm, ranking) == "shared_sram writes"
    assert bound_words(Roofline(1, "port", 0), layer, ranking) == "dram port"


def test_a_long_name_is_folded_before_a_number_is_cut():
    long = made_layer("stage." * 20 + "fc", 123_456_789, {"dram": 1e12})
    found = FormatResult("levels_3", None, 1000, (long,))
    stream = io.StringIO()
    table = layer_table(rank(study(found), 0.005), found, wide=False)
    Console(file=stream, width=80).print(table)
    assert "123,456,789" in stream.getvalue()
    assert "…" not in stream.getvalue()


def test_a_share_below_one_per_cent_is_no_nought():
    slow = result("levels_3", (), 40_000, {"dram": 1.0})
    # 64 of 256 · 40,000 MACs
    assert "0.0006" in shown(rank(study(slow), 0.005), slow, wide=False)
