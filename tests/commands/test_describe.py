from process import lowbit_sim, refused


def test_formula_and_list():
    done = lowbit_sim("formula", "bit_serial")
    assert "**Formula**" in done.stdout
    refused(lowbit_sim("formula", "bit_seral"), "did you mean 'bit_serial'")
    assert "levels_5" in lowbit_sim("list", "formats").stdout
    assert "ternary_adder" in lowbit_sim("list", "pe").stdout
    assert "workloads/vit.yaml" in lowbit_sim("list", "workloads").stdout
    assert "arch_specs/ternary_pe.yaml" in lowbit_sim("list", "accelerators").stdout


def test_listing_where_there_is_nothing(tmp_path):
    refused(lowbit_sim("list", "workloads", cwd=tmp_path), "no *.yaml in workloads/")


def test_the_formats_fit_80_columns():
    done = lowbit_sim("list", "formats", COLUMNS="80")
    assert "…" not in done.stdout
    # five levels: 27 base-5 digits in 64 bit
    assert "2.37" in next(line for line in done.stdout.splitlines() if "levels_5" in line)
