import csv

import pytest
from made import refused, result, study

from lowbit_sim.errors import SpecError
from lowbit_sim.report.csv_files import write_csv_files
from lowbit_sim.study.ranking import rank

THREE = result("levels_3", (98, 97.5), 20, {"dram": 10.0, "adder": 0.25}, 160)


def written(tmp_path, name):
    ranking = rank(study(THREE, refused("fp32", (98, 98))), 0.005)
    paths = write_csv_files(ranking, tmp_path / "out")
    assert [path.name for path in paths] == ["cost.csv", "layers.csv", "ranking.csv"]
    with (tmp_path / "out" / name).open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_cost_has_units_in_its_header_and_adds_up(tmp_path):
    (row,) = written(tmp_path, "cost.csv")
    assert row["total_cycles"] == "20"
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
    assert second["total_cycles"] == ""


def test_the_same_ranking_gives_the_same_bytes(tmp_path):
    ranking = rank(study(THREE, refused("fp32", (98, 98))), 0.005)
    one, other = (write_csv_files(ranking, tmp_path / name) for name in ("a", "b"))
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in other]


def test_a_directory_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(SpecError, match="cannot be written"):
        written(tmp_path, "cost.csv")
    assert (tmp_path / "out").read_text() == "mine"
