"""The capture agent: what runs on the machine that is read, in Python 3.8 and nothing else."""
