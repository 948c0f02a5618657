"""Which machine of many? Design spaces, bounds of all their designs, fronts that are confirmed."""
