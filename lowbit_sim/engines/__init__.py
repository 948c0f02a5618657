"""HOW LONG? Two clocks that must agree, and the bound that both respect."""
