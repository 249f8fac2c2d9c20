"""The door for assistants: tools of the Model Context Protocol over the use cases. A new tool is one function and its line in `plugin.mcp.tools.TOOLS`.

Only `server`, `stdio` and `bridge` import the protocol's library, and only they are imported when somebody serves it.
"""
