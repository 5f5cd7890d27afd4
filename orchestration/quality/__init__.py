"""Checks, the evidence they leave, waivers, and the gate that a release must pass."""
