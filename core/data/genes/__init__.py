"""Tables of gene expression: found, read, and measured."""
