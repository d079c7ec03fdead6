"""What the page Results shows of one run, a file a tab."""
