"""Fields that have a formula: the sphere, and published figures of coils on it."""
