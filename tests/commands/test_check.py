from process import ROOT, TERNARY, VIT, add_network, edit, lowbit_sim, refused, within


def test_check_says_every_fault_of_every_file(house):
    edit(house / TERNARY, "clock: 500 MHz", "clock: 500")
    edit(house / TERNARY, "lanes: 16", "lanes: 0")
    edit(house / VIT, "width: 64", "width: 0")
    done = lowbit_sim("check", TERNARY, VIT, "arch_specs/int8_systolic.yaml", cwd=house)
    refused(done, "clock", "vector_unit.lanes", "model.width")
    assert len(done.stderr.splitlines()) == 3
    assert "int8_systolic.yaml: a sound accelerator file" in done.stdout


def test_check_accepts_everything_shipped():
    places = ("arch_specs/**/*.yaml", "workloads/*.yaml", "reports/*/study.yaml")
    files = [path for place in places for path in ROOT.glob(place)]
    done = lowbit_sim("check", *files)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(files)


def test_check_refuses_a_file_of_no_known_kind(tmp_path):
    (tmp_path / "x.yaml").write_text("array: 1\n")
    refused(lowbit_sim("check", tmp_path / "x.yaml"), "no known kind", "did you mean 'arrays'")


def test_check_says_what_is_wrong_with_a_network_without_weights(house):
    network = add_network(house)
    assert f"{network}: a sound workload file" in within(house, "check", network).stdout
    edit(house / network, "image_side: 224", "image_side: 0")
    refused(within(house, "check", network), "mobilenet_v2.yaml:", "network.image_side")
