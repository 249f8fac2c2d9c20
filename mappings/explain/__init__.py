"""Why a number stands where it stands: movement and its causes, the past, check-ins, advice."""
