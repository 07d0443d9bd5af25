"""The tests. Nothing is collected as garbage while they are read: see `tests.conftest`."""

import gc

gc.disable()
