"""CIFAR-10 as its author publishes it, packed or unpacked, in the binary or the Python version.

Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009;
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lowbit_sim.data.catalogue_entry import CatalogueEntry
from lowbit_sim.data.cifar_batches import Batch, binary_batch, python_batch
from lowbit_sim.data.files import read_bytes, verify_md5
from lowbit_sim.data.images import ImageSet, checked
from lowbit_sim.errors import spec_error

#: the last one is the test part
_BATCHES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
_IMAGES_PER_FILE = 10_000


@dataclass(frozen=True, slots=True)
class _Version:
    """One of the two ways in which the images are published."""

    archive: str
    folder: str
    ending: str
    parse: Callable[[bytes, Path], Batch]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"{batch}{self.ending}" for batch in _BATCHES)


_VERSIONS = (
    _Version("cifar-10-binary.tar.gz", "cifar-10-batches-bin", ".bin", binary_batch),
    _Version("cifar-10-python.tar.gz", "cifar-10-batches-py", "", python_batch),
)


def read_cifar_set(
    folder: Path, entry: CatalogueEntry, images_per_file: int = _IMAGES_PER_FILE
) -> ImageSet:
    """Return CIFAR-10 from the first that `folder` has of: unpacked batches, a packed archive.

    Parameters
    ----------
    folder : Path
        Holds an archive, the folder unpacked from one, or is that folder itself.
    entry : CatalogueEntry
        The MD5 of both archives.
    images_per_file : int
        How many images each of the six batches has to hold.

    Raises
    ------
    SpecError
        If there is neither, a batch is missing, damaged or of another length, or an archive has
        not the published MD5; as `checked`.
    """
    for version in _VERSIONS:
        for place in (folder / version.folder, folder):
            if (place / version.names[0]).is_file():
                held = {place / name: read_bytes(place / name) for name in version.names}
                return _joined(folder, entry, version, held, images_per_file)
    for version in _VERSIONS:
        if (folder / version.archive).is_file():
            held = _unpacked(folder / version.archive, entry, version)
            return _joined(folder, entry, version, held, images_per_file)
    wanted = ", ".join(entry.known_names)
    raise spec_error(f"holds no {entry.title}; one of these must lie here: {wanted}", folder)


def _unpacked(path: Path, entry: CatalogueEntry, version: _Version) -> dict[Path, bytes]:
    """Return the batches in an archive, in order; nothing is written to the disk."""
    checksums = {file.name: file.md5 for file in (*entry.files, *entry.alternatives)}
    verify_md5(path, checksums[version.archive])
    held: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:  # in the archive's order: going back would unpack it again
                stream = archive.extractfile(member)
                if stream is not None:
                    held[member.name.removeprefix(f"{version.folder}/")] = stream.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise spec_error(f"is no archive that can be unpacked: {error}", path) from error
    for name in version.names:
        if name not in held:
            raise spec_error(f"lacks {version.folder}/{name}", path)
    return {path / version.folder / name: held[name] for name in version.names}


def _joined(
    folder: Path,
    entry: CatalogueEntry,
    version: _Version,
    held: Mapping[Path, bytes],
    images_per_file: int,
) -> ImageSet:
    batches = []
    for path, raw in held.items():
        images, labels = version.parse(raw, path)
        if not len(images) == len(labels) == images_per_file:
            found = f"{len(images)} images and {len(labels)} labels"
            raise spec_error(f"must hold {images_per_file} images with labels, not {found}", path)
        batches.append((images, labels))
    *train, test = batches
    train_images, train_labels = (np.concatenate(parts) for parts in zip(*train, strict=True))
    found_set = ImageSet(
        entry.title, entry.white, entry.shape.classes, train_images, train_labels, *test
    )
    return checked(found_set, folder)
