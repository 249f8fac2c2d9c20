"""Atlassian Goals of the sandbox: the goals themselves, the gateway's answers about them, and a plain page of them."""
