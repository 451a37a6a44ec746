"""Audit to HTML, JSON, CSV, Excel and terminal; nothing here computes a number."""
