"""One page that shows the whole stack while it runs, and steers it."""
