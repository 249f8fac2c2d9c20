"""What should be true: mapping documents, JQL, progress rules, rollup, health and planning.

Pure: nothing here reads a clock, a file, a socket or a random number, and nothing here logs.
"""
