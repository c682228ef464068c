"""From a System to an Inventory: what this machine is."""
