"""The pixel engine: bytes and a pipeline in, bytes and a report out. Knows no job and no network."""
