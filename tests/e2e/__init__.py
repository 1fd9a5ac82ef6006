"""The system as a user meets it: a video through it and back."""
