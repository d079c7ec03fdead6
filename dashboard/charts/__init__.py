"""Charts: each a function from a table to a Plotly figure."""
