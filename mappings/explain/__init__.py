"""Why a number stands where it stands: movement and its causes, the past and how sure it is, check-ins."""
