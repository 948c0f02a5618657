"""HOW ARE BITS KEPT AND MOVED? One file per technology."""
