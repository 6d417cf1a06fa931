"""The commands below `cortistim pulse`."""
