"""Images on their way in, from users and from workers."""
