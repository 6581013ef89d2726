"""The elementary functions of the C target: where their coefficients come from, and how far off they are."""
