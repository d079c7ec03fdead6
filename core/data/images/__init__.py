"""Pictures: decoding, refusals, the cache, thumbnails, the input pipeline."""
