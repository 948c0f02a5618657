"""WHAT DOES THE READER SEE? Terminal tables, CSV files, the manifest."""
