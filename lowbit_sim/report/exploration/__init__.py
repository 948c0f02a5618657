"""What an exploration tells: on the terminal, as files, as the map of a study."""
