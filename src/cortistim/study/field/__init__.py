"""Single fields, aims, operators and their uncertainty."""
