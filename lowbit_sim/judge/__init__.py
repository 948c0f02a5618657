"""How sure is the answer? Many machines compared, with doubt about accuracies and energies."""
