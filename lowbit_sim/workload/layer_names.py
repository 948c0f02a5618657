"""How the layers with weights are called in each trained network family, in execution order.

The names are those that torch gives the modules: whatever a file says of single layers can so be
checked without torch. A test compares them with the networks themselves.
"""

from __future__ import annotations

from lowbit_sim.workload.model_spec import CvnnModel, FcnnModel, Model

_BLOCK = ("attention.qkv", "attention.project", "expand", "contract")


def layer_names(model: Model) -> tuple[str, ...]:
    """Return the names of all layers with weights.

    Examples
    --------
    A flattening stands before the linear layers, a ReLU between them.

    >>> layer_names(FcnnModel(family="fcnn", hidden_features=(32, 16)))
    ('1', '3', '5')

    Convolution, norm, ReLU; a pool before each further stage, and before the flattening.

    >>> layer_names(CvnnModel(family="cvnn", stage_channels=((8,), (16, 16))))
    ('0', '4', '7', '12')
    """
    if isinstance(model, FcnnModel):
        return tuple(str(1 + 2 * index) for index in range(len(model.hidden_features) + 1))
    if isinstance(model, CvnnModel):
        return _convolutional(model)
    blocks = [f"blocks.{index}.{name}" for index in range(model.depth) for name in _BLOCK]
    return ("embed", *blocks, "head")


def _convolutional(model: CvnnModel) -> tuple[str, ...]:
    names, place = [], 0
    for stage, channels in enumerate(model.stage_channels):
        place += stage > 0
        for _ in channels:
            names.append(str(place))
            place += 3
    return (*names, str(place + 2))
