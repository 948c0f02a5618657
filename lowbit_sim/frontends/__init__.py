"""WHERE DO WORKLOADS COME FROM? A trained model becomes a graph file (needs torch)."""
