"""Points: earned, held, spent, given back, expired."""
