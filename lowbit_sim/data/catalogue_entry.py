"""What is known of a published set: its shape, its files, and where these can be had."""

from __future__ import annotations

from dataclasses import dataclass

from lowbit_sim.data.images import ImageShape


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file of a set, with its published MD5 in hexadecimal."""

    name: str
    md5: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One named set.

    Parameters
    ----------
    name : str
        As workloads write it.
    title : str
        As reports write it.
    shape : ImageShape
    white : int
        The largest value of a pixel.
    licence, home_page : str
        The publisher's terms and page.
    folders : tuple of str
        Names that its folder may have in a folder of data sets; downloads go into the first.
    files : tuple of DataFile
        What has to lie there.
    base_url : str, optional
        Address that a file's name is appended to; None if nobody offers the files.
    note : str
        Why it cannot be downloaded, and what to do instead.
    alternatives : tuple of DataFile
        Other archives of the same images, each of which will do in place of `files`.
    unpacked : tuple of str
        Names by which an unpacked archive is known.
    """

    name: str
    title: str
    shape: ImageShape
    white: int
    licence: str
    home_page: str
    folders: tuple[str, ...] = ()
    files: tuple[DataFile, ...] = ()
    base_url: str | None = None
    note: str = ""
    alternatives: tuple[DataFile, ...] = ()
    unpacked: tuple[str, ...] = ()

    @property
    def known_names(self) -> tuple[str, ...]:
        """Names of files or folders, any of which shows that the set is there."""
        return (*(file.name for file in (*self.files, *self.alternatives)), *self.unpacked)

    @property
    def where_to_get(self) -> str:
        """Where the set can be had, in words."""
        if self.base_url is None:
            return self.note
        return f"`lowbit-sim fetch {self.name}` gets it from {self.base_url} ({self.home_page})"
