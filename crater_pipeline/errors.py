"""The one exception that means "the user can mend this"."""


class UserError(Exception):
    """Bad input or configuration.

    The message names the file or key, what is wrong with it and what to do; the command line prints it
    without a traceback and exits with status 1.
    """


class NothingThereError(UserError):
    """The bounds hold no data: an error for a region, but not for one zone of many."""
