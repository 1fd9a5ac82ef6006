"""The process that takes videos apart, has their frames filtered, and joins them again."""
