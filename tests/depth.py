"""How much the costly laws try: a little each time, as much as one likes when asked.

`PAIDAN_TEST_DEPTH` (1): so many times the usual number of examples. Each run draws other ones.
"""

import os

DEPTH = float(os.environ.get("PAIDAN_TEST_DEPTH", "1"))


def examples(usual: int) -> int:
    """How many to try where `usual` ones are tried on each run; at least one."""
    return max(1, round(usual * DEPTH))
