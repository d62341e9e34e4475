"""The `worker` compute backend: pulls jobs from a queue, runs the container's entry points, answers by task token.

A message is `{"taskToken", "job": {"id", "kind", "inputs", "output", "checkpoints", "parameters"}}`; what a job is
stands in containers/README.md. A worker may be killed at any moment: the message comes back after its visibility
timeout, the next worker goes on from the checkpoints, and the result is the same.
"""
