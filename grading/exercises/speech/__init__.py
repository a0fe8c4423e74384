"""Exercises on text to speech."""
