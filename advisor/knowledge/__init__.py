"""What is known about kernel fixes, and the look-ups the other steps make."""
