"""What every target that writes Python says alike: sizes, numbers, conditions, names, the network's digest."""
