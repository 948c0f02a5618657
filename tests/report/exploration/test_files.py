import csv
import io
from pathlib import Path

from lowbit_sim.explore.confirming import Confirmed, Row
from lowbit_sim.explore.exploration import load_exploration
from lowbit_sim.explore.front import Front
from lowbit_sim.report.exploration.files import COLUMNS, front_csv

SMALL = Path(__file__).parents[3] / "arch_specs" / "spaces" / "small.yaml"


def test_a_row_says_what_it_is_and_what_it_takes():
    exploration = load_exploration(SMALL)
    one = Confirmed(Row(863, "vit", "levels_3"), "", 10, 5e6, 1e-3, 2e6)
    text = front_csv(exploration, [Front(exploration.networks[0], (one,), (one,))])
    (found,) = csv.DictReader(io.StringIO(text))
    assert [*found][: len(COLUMNS)] == list(COLUMNS)
    assert found["accelerator"] == "bit_serial_pe"
    assert found["clock_hz"] == "1000000000"
    assert found["shared_sram_capacity_bits"] == str(256 * 8192)
    assert found["rows"] == "32"
    # 5 µJ in a millisecond are 5 mW
    assert float(found["power_nw"]) == 5e6
