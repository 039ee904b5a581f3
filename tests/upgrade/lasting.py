"""What a newer version must not replace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    type Template = dict[str, Any]


LASTING = {
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "AttributeDefinitions", "LocalSecondaryIndexes"),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    # Legrand pushes to its address, and the owner has registered it there.
    "AWS::ApiGatewayV2::Api": ("ProtocolType",),
    # People have confirmed that they want its mails.
    "AWS::SNS::Topic": ("TopicName", "FifoTopic"),
    # The last of the three places for a notification.
    "AWS::Logs::LogGroup": ("LogGroupName",),
}
"""What holds something that nobody can make again, or is known outside; and what replaces it."""
FORGOTTEN = {"ApiLogGroup"}
"""Of these types, what holds nothing that lasts: when the API was called, for some weeks."""
