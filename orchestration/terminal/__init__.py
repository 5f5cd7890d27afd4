"""Results as tables on a terminal. No figure is worked out here."""
