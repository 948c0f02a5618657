"""Simulate low-bit neural networks on low-bit machines, and rank the weight precisions.

In the order in which data passes: `formats`, `workload`, `pe`, `memory`, `arch`, `mapping`,
`engines`, `energy`, `study`, `report`. Aside stand `training` and `frontends`, which alone need
torch and end in files that everything else starts from. ARCHITECTURE.md is the map.
"""

__version__ = "0.1.0"
