"""What every target that writes Python says alike: sizes, numbers, conditions, names, brackets, the network's digest."""
