"""Other methods of finding craters, run on the same ground as ours: the published table of comparisons, measured."""
