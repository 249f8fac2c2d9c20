"""Atlassian Forge as it calls us and as we call it back: its tokens, the keys they are signed with, and what only the app may write."""
