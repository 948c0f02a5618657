import pytest
from made_study import TEXT, written

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.comparison_spec import (
    BANDS,
    DoubtSpec,
    is_comparison,
    load_comparison,
)


def test_files_are_found_and_defaults_stand(tmp_path):
    found = load_comparison(written(tmp_path))
    assert [path.name for path in found.workloads] == ["fcnn_digits.yaml"]
    assert [path.stem for path in found.accelerators] == ["ternary_pe", "shift_add_pe"]
    assert found.technologies == ()
    assert found.spec.regimes == ("cold",)
    assert found.spec.equal_area_um2 is None
    assert found.spec.confidence_fraction == 0.95
    assert found.folder == tmp_path / "trial"


def test_quantities_have_units(tmp_path):
    more = "equal_area: 1.5 mm2\nequal_dram: 4 GB/s\n"
    spec = load_comparison(written(tmp_path, more=more)).spec
    assert spec.equal_area_um2 == 1.5e6
    assert spec.equal_dram_bits_per_s == 32e9


def test_bands_widen_the_less_stands_behind_a_row():
    order = ["measured", "synthesised", "simulated", "scaled", "assumed"]
    assert list(BANDS) == order
    assert sorted(BANDS.values()) == [BANDS[name] for name in order]
    doubt = DoubtSpec(bands={"assumed": 4.0})
    assert (doubt.band("assumed"), doubt.band("scaled")) == (4.0, BANDS["scaled"])


def test_is_it_one(tmp_path):
    assert is_comparison(written(tmp_path))
    other = tmp_path / "other.yaml"
    other.write_text("kind: bit_width\n", encoding="utf-8")
    assert not is_comparison(other)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("name: trial", "name: trail", 1, "must be the name of the study's directory, 'trial'"),
        ("fcnn_digits.yaml", "fcnn_digit.yaml", 4, "did you mean 'fcnn_digits.yaml'?"),
        ("ternary_pe", "ternray_pe", 5, "did you mean 'ternary_pe.yaml'?"),
        ("levels_5", "levels_6", 6, "is no number format; did you mean"),
        ("levels_5", "levels_3", 6, "names something twice"),
        ("0.01", "1.5", 7, "less than 1"),
        ("samples: 200", "samples: 0", 8, "greater than 0"),
        ("samples: 200", "bands: {{assumed: 0.5}}", 8, "greater than 1"),
        ("samples: 200", "bands: {{sure: 1.5}}", 8, "'measured', 'synthesised'"),
        ("margin_fraction", "margin_fractions", 7, "did you mean 'margin_fraction'?"),
    ],
)
def test_faults_are_told_with_their_line(tmp_path, old, new, line, reason):
    path = written(tmp_path, TEXT.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load_comparison(path)
    told = str(caught.value)
    assert f"study.yaml:{line}: " in told
    assert reason in told


@pytest.mark.parametrize("area", ["1.5", "1.5 mm", "0 mm2"])
def test_an_area_needs_a_unit(tmp_path, area):
    with pytest.raises(SpecError, match="equal_area"):
        load_comparison(written(tmp_path, more=f"equal_area: {area}\n"))
