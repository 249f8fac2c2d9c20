"""Check-ins: what people say key results stand at, and who is asked for one."""
