"""REST routes, the live feed of runs, and the addresses of static files."""
