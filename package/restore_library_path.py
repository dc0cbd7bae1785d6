"""Runs first in a packaged program: children get the library path that the person had, not ours.

The boot loader sets LD_LIBRARY_PATH to the program's own folder and keeps the old value beside it. A browser
or a file manager that we start would load our libraries and fail. Our own process is not touched: the dynamic
loader read the variable before this line runs.
"""

import os
import sys

OUR_FOLDER: str = getattr(sys, "_MEIPASS", "")  # the boot loader's own name for it

original = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
if original is not None:
    os.environ["LD_LIBRARY_PATH"] = original
elif os.environ.get("LD_LIBRARY_PATH") == OUR_FOLDER:
    os.environ.pop("LD_LIBRARY_PATH")
