"""A fuzzer of every parser: real inputs, mutated by bytes, lines, words and structure.

``python -m tests.safety.fuzz --cases 100000`` runs it; ``docs/fuzzing.md`` holds what it found.
"""
