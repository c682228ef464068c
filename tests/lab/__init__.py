"""A lab that boots real Debian kernels and asks the advisor inside them what it sees."""
