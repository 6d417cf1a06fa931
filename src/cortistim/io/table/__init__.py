"""Tables of points, positions, conductivities, labels and waveforms."""
