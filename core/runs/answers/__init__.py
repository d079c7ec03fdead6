"""What a run says of pictures: one or many, with what comes of it: reports, the review queue, the drift watch."""
