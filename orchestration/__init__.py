"""The orchestration package: extract, land, stage, metric, score, rank and publish NHS league tables."""
