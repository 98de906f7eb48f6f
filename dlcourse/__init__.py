"""Helpers of the course "Deep Learning: a lecture you can run".

Only what two notebooks or more need lives here; a function is written out in the notebook that
teaches it and imported from here afterwards. This file imports nothing, so that
``python -m dlcourse setup`` runs on a bare Python, before anything is installed.
"""

__version__ = "0.1.0"
