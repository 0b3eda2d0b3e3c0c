"""Service: a model that answers over HTTP, asked sparingly and believed in nothing."""
