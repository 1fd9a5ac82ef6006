"""`dpip run`: files through a pipeline into a folder, and on from where it was cut off."""
