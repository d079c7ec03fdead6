"""Features of pictures, made by frozen networks or by counting, and maps drawn from them."""
