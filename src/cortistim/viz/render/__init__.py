"""Drawing without a graphics card: canvas, colours, rasters."""
