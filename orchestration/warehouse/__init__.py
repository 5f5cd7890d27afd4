"""The dbt project as Python sees it: building it, its tables, its manifest, the lineage of its columns."""
