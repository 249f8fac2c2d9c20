"""The files of other tools as tables: workbooks and archives, which are never unpacked to a disk."""
