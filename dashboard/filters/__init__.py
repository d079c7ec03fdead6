"""What is filtered: widgets, clicks on charts and the address of the page."""
