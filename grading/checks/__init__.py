"""The engine: what an exercise is, how an answer is compared, and what is said about it."""
