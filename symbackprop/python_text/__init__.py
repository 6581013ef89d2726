"""What every target that writes Python says alike: sizes, numbers, conditions, names, brackets and the digest."""
