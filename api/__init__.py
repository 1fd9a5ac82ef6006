"""The HTTP API: a thin Flask application over the ports. It loads neither Ray nor OpenCV."""
