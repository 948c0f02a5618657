"""HOW MUCH? Action counts times a sourced table; area likewise."""
