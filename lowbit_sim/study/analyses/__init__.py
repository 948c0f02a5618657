"""One module for each kind of study: from recorded runs to answered claims."""
