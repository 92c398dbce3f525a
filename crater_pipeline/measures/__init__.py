"""What a terrain model says of a crater besides its circle."""
