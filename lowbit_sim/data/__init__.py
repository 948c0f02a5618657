"""WHICH IMAGES? Published sets, a user's own files, where they lie and how they are split."""
