"""What decides a training run, as one hash.

On one kind of device, with one version of torch, two runs with the same key give the same network.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lowbit_sim.formats.catalogue import number_format
from lowbit_sim.workload.run_record import PRETRAINED
from lowbit_sim.workload.spec import WorkloadSpec, deciding_formats

#: raised whenever the same file would train another network than before
TRAINING_VERSION = 1


def run_key(spec: WorkloadSpec, weight_format: str, seed: int) -> str:
    """Return the SHA-256, in hex, of all that decides one run beside the images themselves.

    What a run does not use is left out: a pre-training knows no quantiser, and a fine-tuning
    in a floating-point format neither quantisers nor formats of other layers, so that several
    recipes share both.

    Parameters
    ----------
    spec : WorkloadSpec
        The workload.
    weight_format : str
        A format's name, or `PRETRAINED` for the fp32 network before fine-tuning.
    seed : int
        Of the starting weights and of the order of the images.
    """
    deciding: dict[str, Any] = spec.model_dump(mode="json", include={"data", "model", "recipe"})
    recipe = deciding["recipe"]
    if weight_format == PRETRAINED:
        del recipe["quantiser"], recipe["finetuning"], recipe["batch_norm_images"]
    elif number_format(weight_format).is_integer:
        deciding["quantisation"] = deciding_formats(spec.quantisation.model_dump(mode="json"))
    else:
        del recipe["quantiser"]
    deciding |= {"weight_format": weight_format, "seed": seed, "version": TRAINING_VERSION}
    canonical = json.dumps(deciding, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
