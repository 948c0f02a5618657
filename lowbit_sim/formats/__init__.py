"""WHAT IS A LOW-BIT NUMBER? Level sets, their widths, and how they are packed."""
