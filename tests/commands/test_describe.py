from process import lowbit_sim, refused


def test_formula_and_list():
    done = lowbit_sim("formula", "bit_serial")
    assert "**Formula**" in done.stdout
    refused(lowbit_sim("formula", "bit_seral"), "did you mean 'bit_serial'")
    assert "levels_5" in lowbit_sim("list", "formats").stdout
    assert "ternary_adder" in lowbit_sim("list", "pe").stdout
    assert "workloads/vit.yaml" in lowbit_sim("list", "workloads").stdout
    assert "arch_specs/ternary_pe.yaml" in lowbit_sim("list", "accelerators").stdout
