"""WHAT IS COMPUTED? Operators, their graph, and the weights' statistics."""
