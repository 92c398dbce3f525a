"""A Moon of our own making: craters drawn from a production function, stamped in order of time, lit and imaged."""
