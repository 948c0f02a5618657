"""A comparison's file written for a test, in a folder beside the project's own files."""

from pathlib import Path

ROOT = Path(__file__).parents[2]

TEXT = """\
name: trial
kind: comparison
question: Which one?
workloads: [{root}/workloads/fcnn_digits.yaml]
accelerators: [{root}/arch_specs/ternary_pe.yaml, {root}/arch_specs/shift_add_pe.yaml]
weight_formats: [levels_3, levels_5]
margin_fraction: 0.01
doubt: {{samples: 200}}
"""


def written(folder, text=TEXT, more=""):
    """Return the path of the study file, `more` lines added."""
    path = folder / "trial" / "study.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.format(root=ROOT) + more, encoding="utf-8")
    return path
