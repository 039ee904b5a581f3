"""The template's table and bucket are those that the archiver writes."""

from __future__ import annotations

from addons.archive.functions.archiver.day_file import COLUMNS_OF_A_FILE
from addons.archive.tests.homes import Recorder, item
from labs.translated import as_written
from tests.support import deployed

RESOURCES = as_written(deployed.PROJECT / "addons" / "archive" / "template.yaml")["Resources"]
BUCKET = RESOURCES["Bucket"]["Properties"]
TABLE = RESOURCES["Readings"]["Properties"]["TableInput"]
GLUE = {
    "VARCHAR": "string",
    "DOUBLE": "double",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMPTZ": "timestamp",
}


def test_athena_knows_each_column_of_the_files_by_its_type() -> None:
    told = {each["Name"]: each["Type"] for each in TABLE["StorageDescriptor"]["Columns"]}

    assert told == {name: GLUE[kind] for name, kind in COLUMNS_OF_A_FILE.items()}


def test_athena_looks_where_the_files_are() -> None:
    recorder = Recorder()
    recorder.lists("kitchen")
    recorder.stores(item("kitchen", 0))
    recorder.archive()

    template = TABLE["Parameters"]["storage.location.template"]["Fn::Sub"]
    folder = template.removeprefix("s3://${Bucket}/").replace("${!plant}", "villa").replace("${!month}", "2026-01")
    assert f"{folder}/2026-01-14.parquet" in recorder.bucket.objects
    assert [each["Name"] for each in TABLE["PartitionKeys"]] == ["plant", "month"]
    assert not set(COLUMNS_OF_A_FILE) & {"plant", "month"}


def test_the_bucket_is_private_encrypted_and_versioned_and_outlives_the_stack() -> None:
    rules = BUCKET["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rules == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    assert set(BUCKET["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(BUCKET["PublicAccessBlockConfiguration"]) == 4
    assert BUCKET["VersioningConfiguration"] == {"Status": "Enabled"}
    assert [RESOURCES["Bucket"][name] for name in ("DeletionPolicy", "UpdateReplacePolicy")] == ["Retain"] * 2


def test_nothing_reads_or_writes_the_bucket_without_tls() -> None:
    (statement,) = RESOURCES["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert statement["Resource"] == [{"Fn::GetAtt": ["Bucket", "Arn"]}, {"Fn::Sub": "${Bucket.Arn}/*"}]


def test_files_stay_and_what_was_erased_goes_after_thirty_days() -> None:
    versions, answers = BUCKET["LifecycleConfiguration"]["Rules"]

    assert versions["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert "ExpirationInDays" not in versions
    assert (answers["Prefix"], answers["ExpirationInDays"]) == ("answers/", 7)


def test_a_query_has_a_limit_that_nobody_can_go_around() -> None:
    configuration = RESOURCES["WorkGroup"]["Properties"]["WorkGroupConfiguration"]

    assert configuration["EnforceWorkGroupConfiguration"]
    assert configuration["BytesScannedCutoffPerQuery"] <= 2**30
