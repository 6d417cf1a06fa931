"""EMG of whole sessions: measured, laid out for review, decided on."""
