"""IS A PLUG-IN RIGHT? Conformance kits that its author runs, with numpy and nothing else."""

from lowbit_sim.testing.demands import BrokenContractError
from lowbit_sim.testing.pe_contract import check_pe

__all__ = ["BrokenContractError", "check_pe"]
