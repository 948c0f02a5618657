from pathlib import Path

import pytest
import yaml

from lowbit_sim.errors import SpecError
from lowbit_sim.formats.catalogue import FORMATS
from lowbit_sim.workload.spec import deciding_formats, load_workload_spec, spec_hash

WORKLOADS = Path(__file__).parents[2] / "workloads"

CONTENT = {
    "name": "tiny",
    "description": "A network for tests.",
    "data": {
        "dataset": "digits",
        "test_fraction": 0.5,
        "validation_fraction": 0.1,
        "split_seed": 0,
    },
    "model": {"family": "fcnn", "hidden_features": [8]},
    "quantisation": {
        "weight_formats": ["levels_3", "fp32"],
        "activation_format": "int8",
        "first_layer": "same",
        "last_layer": "int8",
    },
    "recipe": {
        "pretraining": {"epochs": 1, "learning_rate": 0.01},
        "finetuning": {"epochs": 1, "learning_rate": 0.01},
        "batch_size": 64,
        "weight_decay": 0.01,
        "warmup_fraction": 0.1,
        "augmentation": {
            "max_shift_pixels": 0,
            "flip": False,
            "cutout_pixels": 0,
            "noise_fraction": 0.0,
        },
        "quantiser": {
            "step": "learned",
            "granularity": "channel",
            "gradient_mask": "none",
            "step_learning_rate_factor": 0.1,
        },
        "batch_norm_images": 0,
    },
    "seeds": [0, 1],
}


def written(directory, *changes):
    """Write CONTENT with the values at dotted paths changed; None removes a key."""
    content = yaml.safe_load(yaml.safe_dump(CONTENT))
    for place, value in changes:
        *parents, last = place.split(".")
        section = content
        for parent in parents:
            section = section[parent]
        section[last] = value
        if value is None:
            del section[last]
    path = directory / "tiny.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def faults(path):
    with pytest.raises(SpecError) as caught:
        load_workload_spec(path)
    return caught.value.faults


@pytest.mark.parametrize(
    ("name", "family", "dataset", "without"),
    [
        ("fcnn", "fcnn", "fashion_mnist", {"levels_4_zero", "bf16"}),
        ("cvnn", "cvnn", "fashion_mnist", {"levels_4_zero", "bf16"}),
        ("fcnn_digits", "fcnn", "digits", {"levels_4_zero"}),
        ("cvnn_digits", "cvnn", "digits", {"levels_4_zero"}),
        ("vit", "vit", "fashion_mnist", {"levels_4_zero", "bf16"}),
        ("vit_digits", "vit", "digits", {"levels_4_zero"}),
    ],
)
def test_the_workloads_that_are_delivered_are_valid(name, family, dataset, without):
    spec = load_workload_spec(WORKLOADS / f"{name}.yaml")
    assert (spec.model.family, spec.data.dataset) == (family, dataset)
    assert set(FORMATS) - set(spec.quantisation.weight_formats) == without


def test_a_valid_file_is_read_and_immutable(tmp_path):
    spec = load_workload_spec(written(tmp_path))
    assert spec.seeds == (0, 1)
    assert spec.model.hidden_features == (8,)
    with pytest.raises(ValueError, match="frozen"):
        spec.recipe.batch_size = 3


@pytest.mark.parametrize(
    ("place", "value", "key", "reason"),
    [
        ("recipe.batchsize", 3, "recipe.batchsize", "did you mean 'batch_size'?"),
        ("model.hiden_features", [3], "model.hiden_features", "did you mean 'hidden_features'?"),
        ("sede", 3, "sede", "did you mean 'seeds'?"),
        ("data.validation_fraction", 1.0, "data.validation_fraction", "less than 1"),
        ("recipe.weight_decay", float("nan"), "recipe.weight_decay", "finite"),
        ("recipe.weight_decay", float("inf"), "recipe.weight_decay", "finite"),
        ("recipe.weight_decay", 0, "recipe.weight_decay", "greater than 0"),
        ("recipe.pretraining.learning_rate", -0.1, "recipe.pretraining.learning_rate",
         "greater than 0"),
        ("recipe.pretraining.learning_rate", "fast", "recipe.pretraining.learning_rate", "number"),
        ("recipe.finetuning.epochs", 0, "recipe.finetuning.epochs", "greater than 0"),
        ("recipe.pretraining.epochs", 1.5, "recipe.pretraining.epochs", "integer"),
        ("recipe.pretraining.epochs", True, "recipe.pretraining.epochs", "integer"),
        ("recipe.augmentation.max_shift_pixels", -1, "recipe.augmentation.max_shift_pixels",
         "greater than or equal to 0"),
        ("recipe.augmentation.flip", "yes", "recipe.augmentation.flip", "true or false"),
        ("recipe.quantiser.step", "learnt", "recipe.quantiser.step", "did you mean 'learned'?"),
        ("recipe.batch_size", None, "recipe.batch_size", "is missing"),
        ("data.test_fraction", 1.0, "data.test_fraction", "less than 1"),
        ("data.dataset", "minst", "data.dataset", "did you mean 'mnist'?"),
        ("data.dataset", None, "data.dataset", "is missing"),
        ("model.family", "fcn", "model.family", "did you mean 'fcnn'?"),
        ("model.family", None, "model.family", "is missing"),
        ("model.family", ["fcnn"], "model.family", "allowed: cvnn, fcnn, vit"),
        ("model", None, "model.family", "is missing"),
        ("model.hidden_features", [], "model.hidden_features", "must not be empty"),
        ("model.hidden_features", [8, 0], "model.hidden_features.1", "greater than 0"),
        ("quantisation.weight_formats", ["fp32", "level_3"], "quantisation.weight_formats.1",
         "did you mean 'levels_3'?"),
        ("quantisation.weight_formats", ["fp32", "fp32"], "quantisation.weight_formats", "twice"),
        ("quantisation.first_layer", "bf16", "quantisation.first_layer", "integer format"),
        ("quantisation.last_layer", "int", "quantisation.last_layer", "did you mean 'int8'?"),
        ("quantisation.activation_format", "int4", "quantisation.activation_format", "'int8'"),
        ("quantisation.activation_format", "levels_3", "quantisation.activation_format", "'int8'"),
        ("quantisation.layer_formats", {}, "quantisation.layer_formats", "must not be empty"),
        ("quantisation.layer_formats", {"1": "level_3"}, "quantisation.layer_formats.1",
         "did you mean 'levels_3'?"),
        ("quantisation.layer_formats", {"1": "fp32"}, "quantisation.layer_formats.1",
         "integer format"),
        ("quantisation.layer_formats", {"3": "same"}, "quantisation.layer_formats", "left out"),
        ("quantisation.layer_formats", ["int8"], "quantisation.layer_formats",
         "must be a mapping"),
        ("seeds", [], "seeds", "must not be empty"),
        ("seeds", [1, 1], "seeds", "twice"),
        ("seeds", [0, -1], "seeds.1", "greater than or equal to 0"),
        ("name", "other", "name", "the file's own name, 'tiny'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_key_and_what_is_allowed(tmp_path, place, value, key, reason):
    (fault,) = faults(written(tmp_path, (place, value)))
    assert fault.key == key
    assert reason in str(fault)


def test_a_fault_is_told_with_its_line(tmp_path):
    path = written(tmp_path, ("quantisation.weight_formats", ["fp32", "level_3"]))
    (fault,) = faults(path)
    assert "level_3" in path.read_text().splitlines()[fault.line - 1]
    assert str(fault).startswith(f"{path}:{fault.line}: ")


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path):
    path = written(tmp_path, ("seeds", []), ("data.test_fraction", 2.0), ("recipe.x", 1))
    assert [fault.key for fault in faults(path)] == ["data.test_fraction", "recipe.x", "seeds"]


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"family": "vit", "patch_side": 3, "width": 4, "depth": 1, "heads": 2,
          "hidden_features": 4}, "patch_side must divide the image side 8"),
        ({"family": "vit", "patch_side": 2, "width": 5, "depth": 1, "heads": 2,
          "hidden_features": 4}, "heads must divide width"),
        ({"family": "cvnn", "stage_channels": [[2], [2], [2], [2], [2]]}, "at most 4"),
        ({"family": "cvnn", "stage_channels": [[2], []]}, "channels.1: must not be empty"),
    ],
)  # fmt: skip
def test_dimensions_that_do_not_fit_the_image_are_faults(tmp_path, model, reason):
    assert any(reason in str(fault) for fault in faults(written(tmp_path, ("model", model))))


def test_the_hash_ignores_what_does_not_change_a_trained_network(tmp_path):
    before = spec_hash(load_workload_spec(written(tmp_path)))
    assert len(before) == 64
    same = [
        ("seeds", [0, 1, 2]),
        ("description", "Another."),
        ("quantisation.weight_formats", ["levels_2"]),
    ]
    assert spec_hash(load_workload_spec(written(tmp_path, *same))) == before


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("recipe.weight_decay", 0.02),
        ("data.split_seed", 1),
        ("model.hidden_features", [9]),
        ("quantisation.first_layer", "int8"),
    ],
)
def test_the_hash_changes_with_what_decides_a_trained_network(tmp_path, place, value):
    before = spec_hash(load_workload_spec(written(tmp_path)))
    assert spec_hash(load_workload_spec(written(tmp_path, (place, value)))) != before


def test_a_layer_of_a_format_of_its_own_is_one_of_the_network(tmp_path):
    spec = load_workload_spec(written(tmp_path, ("quantisation.layer_formats", {"3": "levels_3"})))
    assert spec.quantisation.layer_formats == {"3": "levels_3"}
    (fault,) = faults(written(tmp_path, ("quantisation.layer_formats", {"2": "levels_3"})))
    assert "quantisation.layer_formats: '2' is no layer of this network" in str(fault)
    assert "allowed: 1, 3" in str(fault)


def test_only_formats_of_layers_that_are_given_are_hashed(tmp_path):
    spec = load_workload_spec(written(tmp_path))
    dumped = spec.quantisation.model_dump(mode="json")
    assert "layer_formats" in dumped
    assert set(deciding_formats(dumped)) == {"activation_format", "first_layer", "last_layer"}
    own = load_workload_spec(written(tmp_path, ("quantisation.layer_formats", {"3": "levels_3"})))
    assert "layer_formats" in deciding_formats(own.quantisation.model_dump(mode="json"))
    assert spec_hash(own) != spec_hash(spec)
