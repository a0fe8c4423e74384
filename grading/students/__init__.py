"""What students run beside their notebooks: doctor, start, progress."""
