"""The sync use cases: take in deliveries, refresh the mirror, reconcile objectives, resync everything."""
