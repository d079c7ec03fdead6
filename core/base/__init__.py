"""What every room stands on: errors, files, ids, progress, settings, processes, heartbeats."""
