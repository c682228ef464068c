"""The Ansible collection against real controllers, real ssh and real roots. `make ansible` runs all of it."""
