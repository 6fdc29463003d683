"""What a Lambda needs around a use case: settings, HTTP, logs and metrics."""
