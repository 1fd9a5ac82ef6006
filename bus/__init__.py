"""The bus: sealed messages over pynng, as its users see it. The controller holds its other end."""
