"""The field operator: built once per head, it answers for any coil and pose."""
