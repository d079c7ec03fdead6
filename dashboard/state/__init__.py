"""What pages keep between reruns."""
