"""The resources of the API, one module per family: what it takes, its transitions, its `ROUTES`."""
