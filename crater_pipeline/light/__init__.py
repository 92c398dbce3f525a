"""What a network is shown: lit terrain, views of it, standardised grey."""
