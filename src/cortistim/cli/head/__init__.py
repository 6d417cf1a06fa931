"""The commands below `cortistim head`."""
