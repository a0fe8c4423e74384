"""From a lesson's script to its notebooks, and to what a class receives."""
