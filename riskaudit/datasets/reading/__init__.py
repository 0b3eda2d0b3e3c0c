"""Reading: bytes of a table become a frame, exactly or not at all."""
