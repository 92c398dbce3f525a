"""For all tests."""

from hypothesis import settings

# A property holds or not, however busy the machine is: no example has a time limit.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
