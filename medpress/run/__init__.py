"""Run declared steps: their identity, tasks, limits and failures, on processes of this machine or on a Ray cluster."""
