"""WHICH PRECISION? Cost joined with measured accuracy."""
