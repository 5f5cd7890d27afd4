"""The orchestration package: extract, land, stage, metric, score, rank, insight, and publish NHS league tables."""
