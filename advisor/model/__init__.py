"""The values every step hands to the next: no behaviour here reads anything."""
