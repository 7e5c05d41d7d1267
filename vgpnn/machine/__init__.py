"""The machine: threads, memory, devices, and how kernels are compiled."""
