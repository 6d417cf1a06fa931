"""The commands below `cortistim coil`."""
