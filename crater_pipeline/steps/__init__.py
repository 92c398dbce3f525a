"""One verb a module: read the inputs, call pure functions, write the outputs."""
