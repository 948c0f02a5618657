"""HOW IS ONE TILE COMPUTED? One file per kind of processing element, formula first."""
