from dataclasses import replace

from lowbit_sim.data.catalogue_entry import CatalogueEntry, DataFile
from lowbit_sim.data.images import ImageShape

ENTRY = CatalogueEntry(
    name="toy",
    title="Toy",
    shape=ImageShape(1, 2, 2),
    white=255,
    licence="none",
    home_page="http://toy.example",
    folders=("toy",),
    files=(DataFile("a.gz", "00"), DataFile("b.gz", "01")),
    base_url="http://toy.example/files/",
    alternatives=(DataFile("all.tar", "02"),),
    unpacked=("all",),
)


def test_a_set_is_known_by_any_of_its_files():
    assert ENTRY.known_names == ("a.gz", "b.gz", "all.tar", "all")


def test_a_set_on_offer_can_be_fetched():
    expected = "`lowbit-sim fetch toy` gets it from http://toy.example/files/ (http://toy.example)"
    assert ENTRY.where_to_get == expected


def test_a_set_that_nobody_offers_says_what_to_do_instead():
    assert replace(ENTRY, base_url=None, note="draw it").where_to_get == "draw it"
