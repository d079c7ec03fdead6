"""What executes runs: the queue, the workers, the supervision of one training process, launching."""
