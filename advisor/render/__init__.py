"""Turn an answer into one complete string."""
