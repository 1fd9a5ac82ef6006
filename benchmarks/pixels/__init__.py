"""DPIP's engine beside other programs that filter pictures: files in, files out, all cores in use."""
