"""Measures, one file each: every module declares ``MEASURE``, a pure function of a stack of counts."""
