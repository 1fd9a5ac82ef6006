"""What comes out: images, archives, previews, and how a result came about."""
