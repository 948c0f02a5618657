from process import ROOT, TERNARY, VIT, edit, lowbit_sim, refused


def test_check_says_every_fault_of_every_file(house):
    edit(house / TERNARY, "clock: 500 MHz", "clock: 500")
    edit(house / TERNARY, "lanes: 16", "lanes: 0")
    edit(house / VIT, "width: 64", "width: 0")
    done = lowbit_sim("check", TERNARY, VIT, "arch_specs/int8_systolic.yaml", cwd=house)
    refused(done, "clock", "vector_unit.lanes", "model.width")
    assert len(done.stderr.splitlines()) == 3
    assert "int8_systolic.yaml: a sound accelerator file" in done.stdout


def test_check_accepts_everything_shipped():
    files = [*ROOT.glob("arch_specs/**/*.yaml"), *ROOT.glob("workloads/*.yaml")]
    done = lowbit_sim("check", *files)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(files)


def test_check_refuses_a_file_of_no_known_kind(tmp_path):
    (tmp_path / "x.yaml").write_text("array: 1\n")
    refused(lowbit_sim("check", tmp_path / "x.yaml"), "no known kind", "did you mean 'arrays'")
