"""The columns of ``workloads/<name>/accuracy.csv``, in the order of the file.

Training writes the file and the study reads it; neither imports the other.
"""

COLUMNS = (
    "workload",
    "weight_format",
    "activation_format",
    "seed",
    "metric",
    "correct",
    "test_images",
    "value_fraction",
    "epochs",
    "spec_hash",
    "source",
)
