"""WHAT DOES A TRAINING STUDY LOOK LIKE? Figures as SVG, the same bytes for the same numbers."""
