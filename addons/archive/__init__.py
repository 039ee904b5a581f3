"""The add-on `archive`: each day that is over as a Parquet file on S3."""
