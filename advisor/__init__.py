"""Which kernel fixes reach this machine, what to install, and what that breaks."""

__version__ = "0.1.0"
