"""The named sets: what they are, which files they come in, and where these can be had.

The checksums are the publishers' own: Fashion-MNIST's README, the CIFAR-10 page, and for MNIST the
list that its mirrors share. They are MD5 because that is what was published.
"""

from __future__ import annotations

from lowbit_sim.data.catalogue_entry import CatalogueEntry, DataFile
from lowbit_sim.data.images import ImageShape


def _idx_files(*checksums: str) -> tuple[DataFile, ...]:
    """Return the four files of MNIST and of the sets made like it: training part, test part."""
    kinds = ("images-idx3", "labels-idx1")
    names = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in kinds]
    return tuple(DataFile(*pair) for pair in zip(names, checksums, strict=True))


_DIGITS = CatalogueEntry(
    name="digits",
    title="scikit-learn's digits",
    shape=ImageShape(1, 8, 10),
    white=16,
    licence="CC BY 4.0",
    home_page="https://archive.ics.uci.edu/dataset/80",
    note="it comes with scikit-learn and needs no file",
)
_MNIST = CatalogueEntry(
    name="mnist",
    title="MNIST",
    shape=ImageShape(1, 28, 10),
    white=255,
    licence="none stated by its authors, LeCun, Cortes and Burges; often given as CC BY-SA 3.0",
    home_page="http://yann.lecun.com/exdb/mnist/",
    folders=("mnist", "MNIST", "MNIST/raw"),
    files=_idx_files(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    base_url="https://ossci-datasets.s3.amazonaws.com/mnist/",
)
_FASHION_MNIST = CatalogueEntry(
    name="fashion_mnist",
    title="Fashion-MNIST",
    shape=ImageShape(1, 28, 10),
    white=255,
    licence="MIT",
    home_page="https://github.com/zalandoresearch/fashion-mnist",
    folders=("fashion-mnist", "fashion_mnist", "FashionMNIST", "FashionMNIST/raw"),
    files=_idx_files(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    base_url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_CIFAR10 = CatalogueEntry(
    name="cifar10",
    title="CIFAR-10",
    shape=ImageShape(3, 32, 10),
    white=255,
    licence="none stated; its author asks to cite his technical report",
    home_page="https://www.cs.toronto.edu/~kriz/cifar.html",
    folders=("cifar10", "cifar-10", "cifar-10-batches-bin", "cifar-10-batches-py"),
    files=(DataFile("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530"),),
    base_url="https://www.cs.toronto.edu/~kriz/",
    alternatives=(DataFile("cifar-10-python.tar.gz", "c58f30108f718f92721af3d95e74349a"),),
    unpacked=("cifar-10-batches-bin", "cifar-10-batches-py", "data_batch_1.bin", "data_batch_1"),
)
_CIFAR10_JPEG = CatalogueEntry(
    name="cifar10_jpeg",
    title="CIFAR-10, JPEG copy",
    shape=ImageShape(3, 32, 10),
    white=255,
    licence="none stated; not to be passed on",
    home_page="https://www.cs.toronto.edu/~kriz/cifar.html",
    folders=("cifar10-jpeg",),
    files=(DataFile("cifar10-jpegbytes.npz", "3633075dea9d8c7b89ea648d41b0b6ae"),),
    note="nobody offers this lossy copy; `lowbit-sim fetch cifar10` gets the original images",
)

#: every named set by its name
CATALOGUE: dict[str, CatalogueEntry] = {
    entry.name: entry for entry in (_DIGITS, _MNIST, _FASHION_MNIST, _CIFAR10, _CIFAR10_JPEG)
}
