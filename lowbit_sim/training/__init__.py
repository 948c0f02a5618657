"""HOW GOOD IS THE NETWORK? Data, models, quantisers, trainer (needs torch)."""
