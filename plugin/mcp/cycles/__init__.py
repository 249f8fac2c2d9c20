"""What assistants ask of cycles."""
