"""Situations: machines with the advice that a careful friend would give."""
