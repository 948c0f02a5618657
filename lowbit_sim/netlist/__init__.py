"""WHAT DO GATES COST? Synthesis of `lowbit_sim.rtl`, and what its netlists take and switch."""
