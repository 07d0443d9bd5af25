"""Runs npm in dashboards/web with the machine's Node or, where none fits, the wheel's."""

import os
import sys

from setup import WEB, npm, with_node

if __name__ == "__main__":
    command = [*npm(), *sys.argv[1:]]
    os.chdir(WEB)
    os.execvpe(command[0], command, with_node())
