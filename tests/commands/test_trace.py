from process import VIT, lowbit_sim, refused


def test_tracing_again_writes_the_same_bytes(house):
    path = house / "workloads/vit_digits/levels_3.graph.json"
    shipped = path.read_bytes()
    path.unlink()
    done = lowbit_sim("trace", VIT, "-f", "levels_3", cwd=house)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == shipped


def test_an_unknown_format_names_the_nearest(house):
    refused(lowbit_sim("trace", VIT, "-f", "level_3", cwd=house), "did you mean 'levels_3'")
