"""What a comparison of machines looks like as figures."""
