"""Sessions that a navigator recorded, replayed."""
