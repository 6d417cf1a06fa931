"""From a request to a plan, and the plan's folder."""
