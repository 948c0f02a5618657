"""One image from the bytes of a file, by Pillow, which is imported only here."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lowbit_sim.errors import spec_error

if TYPE_CHECKING:
    import PIL.Image

_OPAQUE = 255


class UndecodableError(ValueError):
    """Bytes that are no image of the kind that is wanted; the message says why."""


def decode_image(
    raw: bytes, channels: int, side: int, *, shrink: bool = False
) -> NDArray[np.uint8]:
    """Return the image in `raw`, of any format that Pillow reads.

    Colours become grey by Pillow's weights (ITU-R 601-2) if one channel is wanted; grey becomes
    three equal channels if three are. A tag that says how a camera was held is not followed.

    Parameters
    ----------
    raw : bytes
        Content of the file.
    channels : int
        1 for grey, 3 for red, green and blue.
    side : int
        Pixels of a row and of a column.
    shrink : bool
        Whether a larger square image is reduced to `side`, each pixel the mean of the area that it
        covers.

    Returns
    -------
    array of uint8, shape (channels, side, side)

    Raises
    ------
    UndecodableError
        If `raw` is no image or is damaged, has more than 8 bits a channel, is anywhere
        transparent, or has another side.
    SpecError
        If Pillow is not installed.
    """
    try:
        import PIL.Image  # noqa: PLC0415  (an extra: only images in files need it)
    except ImportError:
        reason = 'images in files need Pillow: pip install "lowbit-sim[images]"'
        raise spec_error(reason) from None
    try:
        image: PIL.Image.Image = PIL.Image.open(io.BytesIO(raw))
        image.load()
    except PIL.UnidentifiedImageError:
        raise UndecodableError("is no image") from None
    except Exception as error:  # a damaged image raises anything
        raise UndecodableError(f"is a damaged image: {error}") from error
    plain = _plain(image, channels)
    if plain.width != plain.height:
        raise UndecodableError(f"must be square, not {plain.width} × {plain.height} pixels")
    if shrink and plain.width > side:
        plain = plain.resize((side, side), PIL.Image.Resampling.BOX)
    if plain.width != side:
        raise UndecodableError(f"must be {side} × {side} pixels, not {plain.width} × {plain.width}")
    return np.ascontiguousarray(np.asarray(plain).reshape(side, side, channels).transpose(2, 0, 1))


def _plain(image: PIL.Image.Image, channels: int) -> PIL.Image.Image:
    """Return the image in grey or in red, green and blue."""
    if image.mode.startswith(("I", "F")):
        raise UndecodableError(f"has more than 8 bits a channel (Pillow's mode {image.mode})")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if np.asarray(image)[:, :, -1].min() < _OPAQUE:
            raise UndecodableError("is transparent in places: put it on a background first")
    return image.convert("L" if channels == 1 else "RGB")
