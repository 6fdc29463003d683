"""Quittance's own code, shared by its functions."""

import gc

# Imports make tens of thousands of objects that stay, and looking among them for garbage every two thousand is a tenth
# of a cold start (docs/adr/0013). Garbage is still collected, less often.
gc.set_threshold(200_000)
