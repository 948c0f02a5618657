"""One module for each kind of study: from its analysis to what its page says."""
