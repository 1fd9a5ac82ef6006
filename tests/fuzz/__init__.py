"""Broken pictures by the thousand: the engine answers each with a refusal or a picture, in bounded time and
memory, and never by dying."""
