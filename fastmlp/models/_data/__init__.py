"""From what users pass to rows that the engine reads, a pass after the other."""
