"""Building a head and its surfaces, step by step."""
