"""Turn findings and candidate kernels into a decision with its price."""
