"""What a lesson computes: the parts of a class that pages only lay out."""
