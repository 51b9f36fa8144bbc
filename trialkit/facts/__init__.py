"""Facts: text to values, each with the place it came from. One module per fact; none knows a register."""
