"""What a reader sees of a comparison of machines."""
