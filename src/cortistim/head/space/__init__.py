"""Where a head lies: frames, registration, electrodes, named targets."""
