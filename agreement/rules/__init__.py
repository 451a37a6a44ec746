"""Flag rules, one file each: every module declares ``RULE``."""
