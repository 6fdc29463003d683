"""End to end: a customer in a real browser, on the whole system. A package, so that its fixtures end with it."""
