"""The report of a plan: a page that opens offline."""
