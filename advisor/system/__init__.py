"""The machine as text: live, or recorded in a capture."""
