"""What a folder of pictures is, told by all that lies in it: how it is known, what is asked, and what was decided."""
