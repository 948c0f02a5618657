"""WHAT IS THE MACHINE? YAML in, an Accelerator out."""
