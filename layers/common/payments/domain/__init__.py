"""What a payment is and what follows from it: pure, standard library only."""
