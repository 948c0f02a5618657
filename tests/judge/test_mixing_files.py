import pytest
from made_mixing import made, write_runs

from lowbit_sim.errors import SpecError
from lowbit_sim.judge.mixing_files import (
    graph_of_run,
    held_losses,
    layers_graph_path,
    layers_key,
    read_losses,
    recorded,
    run_graph_path,
)
from lowbit_sim.judge.sensitivity_table import FILE
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import record_path


@pytest.fixture
def mixing(tmp_path):
    return made(tmp_path)


def told(call, *arguments):
    with pytest.raises(SpecError) as caught:
        call(*arguments)
    return str(caught.value)


def test_sensitivities_are_whole_for_each_network_and_seed(mixing):
    rows = read_losses(mixing)
    assert len(rows) == 3 * 2 * 4
    path = mixing.folder / FILE
    path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    held = held_losses(mixing)
    assert [len(held["tiny", seed]) for seed in (0, 1, 2)] == [8, 8, 0]
    assert "lacks rows of tiny with seed 2" in told(read_losses, mixing)
    assert "lowbit-sim train" in told(read_losses, mixing)
    path.unlink()
    assert "lacks rows of tiny with seed 0" in told(read_losses, mixing)


def test_sensitivities_of_another_network_or_of_other_vectors_do_not_count(tmp_path, mixing):
    rows = (mixing.folder / FILE).read_text()
    other = made(tmp_path, hessian_probes=5)
    (other.folder / FILE).write_text(rows)
    assert "lacks rows" in told(read_losses, other)
    key = layers_key(mixing, mixing.networks[0])
    (mixing.folder / FILE).write_text(rows.replace(key, "0" * 64))
    assert "lacks rows of tiny with seed 0" in told(read_losses, mixing)


def test_a_graph_is_of_the_run_that_is_asked_for(mixing):
    network = mixing.networks[0]
    path, key = layers_graph_path(mixing, network, "levels_2"), layers_key(mixing, network)
    assert graph_of_run(mixing, path, key).weight_format == "levels_2"
    assert "another run than 00000000" in told(graph_of_run, mixing, path, "0" * 64)
    path.unlink()
    assert "is missing: run 'lowbit-sim train" in told(graph_of_run, mixing, path, key)


def test_records_are_those_of_their_keys(mixing):
    runs = write_runs(mixing, lambda _one, seed: 90 + seed)
    network = mixing.networks[0]
    keys = [run_key(network, "levels_5", seed) for seed in (0, 1)]
    found = recorded(mixing, runs, keys)
    assert [found[key].value_fraction for key in keys] == [0.9, 0.91]
    assert run_graph_path(mixing, keys[0]).name == f"{keys[0][:16]}.graph.json"
    damaged = record_path(runs, keys[0])
    text = damaged.read_text()
    damaged.write_text(text.replace('"correct": 900', '"correct": 1001'))
    assert "is damaged" in told(recorded, mixing, runs, keys)
    damaged.unlink()
    assert "1 of 2 runs are missing" in told(recorded, mixing, runs, keys)
