"""How good the checks are, and what the course's models reach."""
