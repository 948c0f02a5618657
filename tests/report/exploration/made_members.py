"""Members of a made-up front, as rows of ``front.csv``."""

import csv
import io

WORDS = ("workload", "accelerator", "weight_format")


def member(name, area_um2, energy_pj, seconds, accuracy_fraction, workload="vit"):
    return {
        "workload": workload,
        "design": 7.0,
        "accelerator": "ternary_pe",
        "weight_format": name,
        "accuracy_fraction": accuracy_fraction,
        "area_um2": area_um2,
        "energy_pj": energy_pj,
        "seconds": seconds,
    }


#: small and rough, small and fine, large and quick, large and finest
MEMBERS = [
    member("levels_2", 1e6, 1e6, 1e-3, 0.900),
    member("levels_5", 1e6, 4e6, 2e-3, 0.906),
    member("levels_5", 9e6, 4e6, 1e-4, 0.906),
    member("int8", 9e6, 9e6, 5e-4, 0.908),
]


def as_csv(members):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*members[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(members)
    return stream.getvalue()
