"""WHAT CAN ONE DO? One module for each command; the command line imports only the one it runs."""
