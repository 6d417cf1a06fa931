"""Networks: takes recruited cortex, parcels and a connectome; gives the first-order reach."""
