"""What hosts offer to people beside the tools that models call: resources and prompts."""
