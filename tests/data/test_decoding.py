import io
import sys

import numpy as np
import pytest
from PIL import Image

from lowbit_sim.data.decoding import UndecodableError, decode_image
from lowbit_sim.errors import SpecError


def file_of(image, kind="PNG", **given):
    stream = io.BytesIO()
    image.save(stream, kind, **given)
    return stream.getvalue()


def grey(rows):
    return Image.fromarray(np.array(rows, np.uint8))


def reason_for(raw, channels=1, side=2, **given):
    with pytest.raises(UndecodableError) as caught:
        decode_image(raw, channels, side, **given)
    return str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_lossless_image_comes_as_it_was(kind):
    found = decode_image(file_of(grey([[0, 7], [200, 255]]), kind), 1, 2)
    assert found.dtype == np.uint8
    assert found.tolist() == [[[0, 7], [200, 255]]]


def test_channels_stand_in_front_of_rows_and_columns(random):
    pixels = random.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    found = decode_image(file_of(Image.fromarray(pixels)), 3, 5)
    assert (found == pixels.transpose(2, 0, 1)).all()
    assert found.flags.c_contiguous


def test_a_jpeg_is_close_to_what_it_was():
    pixels = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    found = decode_image(file_of(Image.fromarray(pixels), "JPEG", quality=95), 3, 8)
    assert np.abs(found.astype(int) - pixels.transpose(2, 0, 1)).max() <= 3


def test_grey_becomes_three_equal_channels_and_colour_becomes_grey():
    found = decode_image(file_of(grey([[0, 7], [200, 255]])), 3, 2)
    assert found.tolist() == [[[0, 7], [200, 255]]] * 3
    red = Image.new("RGB", (2, 2), (255, 0, 0))
    assert decode_image(file_of(red), 1, 2).tolist() == [[[76, 76], [76, 76]]]  # 0.299 of 255


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "CMYK"])
def test_other_modes_of_8_bits_are_converted(mode):
    white = Image.new("RGB", (2, 2), "white").convert(mode)
    assert (decode_image(file_of(white, "TIFF"), 3, 2) == 255).all()


def test_a_larger_image_is_reduced_by_the_mean_of_each_area():
    image = grey([[0, 4, 100, 100], [8, 12, 100, 100], [1, 1, 50, 60], [1, 1, 70, 80]])
    assert decode_image(file_of(image), 1, 2, shrink=True).tolist() == [[[6, 100], [1, 65]]]
    assert reason_for(file_of(image)) == "must be 2 × 2 pixels, not 4 × 4"


def test_a_smaller_image_and_one_that_is_not_square_are_refused():
    for shrink in (False, True):
        small, wide = (file_of(Image.new("L", (1, 1)))), file_of(Image.new("L", (6, 4)))
        assert reason_for(small, shrink=shrink) == "must be 2 × 2 pixels, not 1 × 1"
        assert reason_for(wide, shrink=shrink) == "must be square, not 6 × 4 pixels"


def test_transparent_pixels_are_refused_and_opaque_ones_are_not():
    image = Image.new("RGBA", (2, 2), (9, 9, 9, 255))
    assert (decode_image(file_of(image), 1, 2) == 9).all()
    image.putpixel((1, 0), (9, 9, 9, 254))
    expected = "is transparent in places: put it on a background first"
    assert reason_for(file_of(image)) == expected
    assert reason_for(file_of(Image.new("P", (2, 2)), transparency=b"\x7f")) == expected


@pytest.mark.parametrize(
    ("dtype", "mode"), [(np.uint16, "I;16"), (np.int32, "I"), (np.float32, "F")]
)
def test_more_than_8_bits_a_channel_are_refused(dtype, mode):
    image = file_of(Image.fromarray(np.ones((2, 2), dtype)), "TIFF")
    assert reason_for(image) == f"has more than 8 bits a channel (Pillow's mode {mode})"


def test_what_is_no_image_or_is_damaged_is_told_apart():
    raw = file_of(Image.effect_noise((64, 64), 90))
    assert reason_for(b"text") == reason_for(b"") == "is no image"
    assert reason_for(raw[: len(raw) // 2]).startswith("is a damaged image: ")
    jpeg = file_of(Image.effect_noise((64, 64), 90), "JPEG")
    assert reason_for(jpeg[: len(jpeg) // 2]).startswith("is a damaged image: ")


def test_without_pillow_the_extra_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(SpecError) as caught:
        decode_image(b"", 1, 2)
    assert str(caught.value) == 'images in files need Pillow: pip install "lowbit-sim[images]"'
