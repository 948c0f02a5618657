"""Studies and records of runs made by hand: small, and written where a study looks for them."""

from dataclasses import replace
from pathlib import Path

import yaml

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.study.run_table import ArmRuns
from lowbit_sim.workload.run_key import run_key
from lowbit_sim.workload.run_record import Epoch, LayerRecord, RunRecord, record_path, to_json
from lowbit_sim.workload.spec import load_workload_spec
from lowbit_sim.workload.study_spec import Arm, load_study

ROOT = Path(__file__).parents[2]
SPEC = load_workload_spec(ROOT / "workloads" / "fcnn.yaml")
IMAGES = 1000
WEIGHTS = 100
#: the bits of a weight that makes sizes easy to work out
WEIGHT_BITS = {"levels_2": 1, "levels_3": 2, "levels_4": 2, "levels_4_zero": 2, "fp32": 32}


def record(weight_format, seed, percent, *, diverged=None, key=None, spec=SPEC, parameters=120):
    """Return a run that classified `percent` of 1000 images rightly."""
    fmt = number_format(weight_format)
    counts = (WEIGHTS - fmt.count + 1, *[1] * (fmt.count - 1)) if fmt.is_integer else ()
    return RunRecord(
        key=key or run_key(spec, weight_format, seed),
        workload=spec.name,
        weight_format=weight_format,
        activation_format="int8",
        seed=seed,
        data_sha256="5" * 64,
        parameters=parameters,
        stored_bits=WEIGHTS * WEIGHT_BITS.get(weight_format, 4),
        epochs=spec.recipe.pretraining.epochs + spec.recipe.finetuning.epochs,
        correct=round(percent * IMAGES / 100),
        test_images=IMAGES,
        validation_images=50,
        diverged=diverged,
        history=tuple(Epoch(2.0 / (n + 1), 0.5, 0.6, 0.25, 0.1, 1.0) for n in range(2)),
        layers={"1": LayerRecord(weight_format, WEIGHTS, counts)},
        weights_sha256="7" * 64,
        seconds=1.5,
        source="made by hand",
    )


def arm(name, percents, *, diverged=(), epochs=None, formats=None, unique_keys=True):
    """Return an arm with the accuracies [%] of seeds 0, 1, … by weight format.

    `diverged` names (format, seed) pairs. The keys of arms differ, unless `unique_keys` is false.
    """
    spec = SPEC
    if epochs is not None:
        phases = {
            "pretraining": spec.recipe.pretraining.model_copy(update={"epochs": 0}),
            "finetuning": spec.recipe.finetuning.model_copy(update={"epochs": epochs}),
        }
        spec = spec.model_copy(update={"recipe": spec.recipe.model_copy(update=phases)})
    runs = {
        weight_format: {
            seed: record(
                weight_format,
                seed,
                percent,
                diverged="the loss was not finite" if (weight_format, seed) in diverged else None,
                key=f"{name} {weight_format} {seed}" if unique_keys else None,
                spec=spec,
            )
            for seed, percent in enumerate(values)
        }
        for weight_format, values in percents.items()
    }
    seeds = tuple(range(max((len(values) for values in percents.values()), default=1)))
    return ArmRuns(Arm(name, spec, tuple(formats or percents), seeds), runs)


def write_study(house, kind, arms, *, name=None, formats=("levels_2", "levels_3", "fp32")):
    """Write a study of `arms` (name to settings) under `house`; return its folder."""
    folder = house / "reports" / (name or kind)
    folder.mkdir(parents=True)
    (house / "reports" / "runs").mkdir(exist_ok=True)
    (house / "workloads").mkdir(exist_ok=True)
    shipped = ROOT / "workloads" / "fcnn.yaml"
    (house / "workloads" / "fcnn.yaml").write_text(shipped.read_text())
    content = {
        "name": name or kind,
        "kind": kind,
        "question": "What is asked here?",
        "margin_fraction": 0.005,
        "arms": [
            {
                "name": title,
                "workload": "../../workloads/fcnn.yaml",
                "set": settings,
                "weight_formats": list(formats),
                "seeds": [0, 1, 2],
            }
            for title, settings in arms.items()
        ],
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def write_runs(folder, percent_of, *, skip=lambda *_: False, diverged=lambda *_: None):
    """Write the records that a study wants; `percent_of` is asked for (arm, format, seed)."""
    store = folder.parent / "runs"
    for one in load_study(folder / "study.yaml").arms:
        for weight_format in one.weight_formats:
            for seed in one.seeds:
                asked = (one.name, weight_format, seed)
                if not skip(*asked):
                    made = record(weight_format, seed, percent_of(*asked), spec=one.spec)
                    made = replace(made, diverged=diverged(*asked))
                    record_path(store, made.key).write_text(to_json(made))


#: accuracies [%] of fp32, and what tests say of others beside it
FP32 = (90, 91, 92)
SAME, WORSE, BETTER, OPEN = (90, 91, 92), (80, 81, 82), (95, 96, 97), (93, 91, 89)
