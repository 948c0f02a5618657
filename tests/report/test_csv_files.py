import csv
from dataclasses import replace

import pytest
from made import made_layer, published, refused, result, small_study, study

from lowbit_sim.errors import SpecError
from lowbit_sim.report.csv_files import tables, write_csv_files
from lowbit_sim.study.experiment import FormatResult
from lowbit_sim.study.ranking import rank

THREE = result("levels_3", (98, 97.5), 20, {"dram": 10.0, "adder": 0.25}, 160)


def written(tmp_path, name, *results):
    ranked = study(*(results or (THREE, refused("fp32", (98, 98)))))
    return read(tmp_path, name, rank(ranked, 0.005))


def read(tmp_path, name, ranking):
    paths = write_csv_files(ranking, tmp_path / "out")
    assert [path.name for path in paths] == ["cost.csv", "layers.csv", "ranking.csv"]
    with (tmp_path / "out" / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_cost_has_units_in_its_header_and_adds_up(tmp_path):
    (row,) = written(tmp_path, "cost.csv")
    assert row["total_cycles"] == row["inference_cycles"] == "20"
    assert row["steady_inference_cycles"] == row["steady_energy_pj"] == ""
    assert float(row["energy_pj"]) == 10.25
    assert float(row["energy_dram_pj"]) + float(row["energy_adder_pj"]) == 10.25
    assert float(row["energy_delay_pj_cycles"]) == 205
    # 20 cycles at 500 MHz
    assert float(row["seconds_per_inference"]) == pytest.approx(4e-8)
    assert float(row["inferences_per_second"]) == pytest.approx(25e6)
    assert (row["model_bits"], row["macs"]) == ("160", "64")
    assert float(row["area_um2"]) > 0
    numbers = [n for n in row if n not in {"workload", "accelerator", "weight_format", "engine"}]
    units = ("_cycles", "_pj", "_bits", "_um2", "_second", "_inference", "macs", "_on_chip")
    assert all(name.endswith(units) for name in numbers)


def test_layers_and_ranking(tmp_path):
    (layer,) = written(tmp_path, "layers.csv")
    assert (layer["layer"], layer["m"], layer["k"], layer["n"]) == ("fc", "4", "8", "2")
    first, second = written(tmp_path, "ranking.csv")
    assert (first["place"], first["weight_format"], first["standing"]) == (
        "1",
        "levels_3",
        "eligible",
    )
    assert float(first["loss_against_fp32_fraction"]) == pytest.approx(0.0025)
    assert (second["standing"], second["refusal"]) == ("refused", "adds integers")
    assert (first["inference_cycles"], first["seeds"]) == ("20", "2")
    assert second["inference_cycles"] == second["energy_pj"] == ""


def test_the_same_ranking_gives_the_same_bytes(tmp_path):
    ranking = rank(study(THREE, refused("fp32", (98, 98))), 0.005)
    one, other = (write_csv_files(ranking, tmp_path / name) for name in ("a", "b"))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in other]


def test_a_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(SpecError, match="cannot be written"):
        written(tmp_path, "cost.csv")
    assert (tmp_path / "out").read_text() == "mine"


def test_weights_that_stay_have_columns_of_their_own(tmp_path):
    steady = result("levels_3", (98, 97.5), 15, {"dram": 1.5})
    three = result("levels_3", (98, 97.5), 20, {"dram": 10.0}, steady=steady)
    row, other = written(tmp_path, "cost.csv", three, result("fp32", (98, 98), 40, {"dram": 9.0}))
    assert (row["inference_cycles"], row["steady_inference_cycles"]) == ("20", "15")
    assert float(row["steady_energy_pj"]) == 1.5
    assert other["steady_inference_cycles"] == ""


def test_without_accuracies_their_columns_are_empty(tmp_path):
    rows = written(tmp_path, "ranking.csv", result("levels_3", (), 20, {"dram": 1.0}))
    (row,) = rows
    names = ("accuracy_mean_fraction", "accuracy_half_width_fraction", "seeds")
    names += ("loss_against_fp32_fraction", "loss_half_width_fraction")
    assert {row[name] for name in names} == {""}
    assert (row["place"], row["standing"]) == ("1", "eligible")


def test_a_single_seed_has_no_interval(tmp_path):
    rows = written(tmp_path, "ranking.csv", result("fp32", (98,), 20, {"dram": 1.0}))
    assert rows[0]["accuracy_mean_fraction"] == "0.98"
    assert rows[0]["accuracy_half_width_fraction"] == ""


def test_layers_say_when_they_begin_and_how_they_are_mapped(tmp_path):
    found = small_study()
    layers = {row["layer"]: row for row in read(tmp_path, "layers.csv", rank(found, 0.005))}
    now = 0
    for one in found.results[0].layers:
        row, name = layers[one.mapped.op.name], one.mapped.op.name
        assert int(row["begin_cycles"]) == now
        now += int(row["total_cycles"])
        parts = ("fill", "compute", "stall_load", "stall_store", "drain")
        assert sum(int(row[f"{part}_cycles"]) for part in parts) == int(row["total_cycles"])
        mapping = one.mapped.mapping
        if name == "layer":
            # a loop order for each of the two boundaries of the machine
            assert row["loop_orders"].split("/") == list(mapping.orders)
            assert len(mapping.orders) == 2
            assert row["weights_assumed"] == "1"
            assert row["zero_fraction"] == "0.459473"  # 1882 of 4096, as 45.94 % of Gaussian ones
            assert int(row["tile_m"]) <= 16
        else:
            assert (row["loop_orders"], row["stationary"], row["tile_m"]) == ("", "", "")
            assert (row["weights_assumed"], row["utilisation_fraction"]) == ("0", "")


def test_operators_at_once_end_before_their_cycles_add_up(tmp_path):
    one, other = (made_layer(name, 40, {"dram": 6.0, "leakage": 2.0}) for name in ("a", "b"))
    at_once = FormatResult("levels_3", None, 1000, (one, other))
    (row,) = written(tmp_path, "cost.csv", at_once)
    assert (row["total_cycles"], row["inference_cycles"]) == ("80", "40")
    assert float(row["seconds_per_inference"]) == pytest.approx(40 / 500e6)
    # two layers leak 2 pJ in 40 cycles each; at once they leak for 40 cycles alone
    assert (float(row["energy_leakage_pj"]), float(row["energy_pj"])) == (2, 14)
    layers = written(tmp_path, "layers.csv", at_once)
    assert [layer["begin_cycles"] for layer in layers] == ["0", "0"]


def test_rows_have_every_column_and_none_where_a_cell_is_empty(tmp_path):
    ranking = rank(study(THREE, refused("fp32", (98,))), 0.005)
    write_csv_files(ranking, tmp_path)
    found = tables(ranking)
    assert list(found) == ["cost", "layers", "ranking"]
    for name, rows in found.items():
        with (tmp_path / f"{name}.csv").open(newline="") as stream:
            written = list(csv.DictReader(stream))
        assert [{n: "" if c is None else str(c) for n, c in row.items()} for row in rows] == written
    first, second = found["ranking"]
    assert list(first) == list(second)
    assert (first["refusal"], second["inference_cycles"]) == (None, None)
    # the width of a single seed is infinite
    assert second["accuracy_half_width_fraction"] is None


def test_published_accuracies_name_their_source_in_every_row(tmp_path):
    three = published(result("levels_3", (), 20, {"dram": 10.0}, 160), 97.7)
    five = result("levels_5", (), 10, {"dram": 10.0}, 240)
    given = replace(study(three, five, published(refused("fp32", ()), 98)), dataset="tasks")
    first, second, third = read(tmp_path, "ranking.csv", rank(given, 0.005))
    assert first["accuracy_origin"] == third["accuracy_origin"] == "published, not measured"
    assert (first["published_as"], first["accuracy_source"]) == (
        "toy in levels_3",
        "A. Author, table 1",
    )
    assert (first["accuracy_mean_fraction"], first["loss_against_fp32_fraction"]) == (
        "0.977",
        "0.003",
    )
    # no seeds, no interval
    assert first["seeds"] == first["accuracy_half_width_fraction"] == ""
    assert (second["weight_format"], second["standing"]) == ("levels_5", "no accuracy")
    assert second["accuracy_origin"] == second["accuracy_mean_fraction"] == ""


def test_measured_accuracies_get_no_further_column(tmp_path):
    first, *_ = written(tmp_path, "ranking.csv")
    assert not {"accuracy_origin", "published_as", "accuracy_source"} & first.keys()
