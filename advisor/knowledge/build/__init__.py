"""Make the knowledge base from public sources; never imported by a scan."""
