"""Networks of published shape, without weights: built on the device ``meta`` and traced."""
