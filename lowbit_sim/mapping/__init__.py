"""WHERE AND WHEN? A workload on a machine becomes a TileSchedule."""
