"""OKRs that another tool hands over: its table is read by a column map into rows, and what these would become in Jira is planned. Pure.

A preset is an entry in `mappings.imports.presets`; how a cell is read stands in `cells`, where a row hangs in `tree`.
"""
