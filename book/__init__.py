"""What readers see, generated from derivations/ and verify/: nothing is typed that could be computed."""
