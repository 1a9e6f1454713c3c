"""What every benchmark measures with: clocks, memory, precision, and the machine it ran on."""
