"""What a user asks for, made into nouns: head, coil, target, pulse."""
