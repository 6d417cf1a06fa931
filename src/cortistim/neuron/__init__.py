"""The neuron room."""
