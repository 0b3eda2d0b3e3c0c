"""Native: models of other libraries in formats that hold no code, looked through before they may predict."""
