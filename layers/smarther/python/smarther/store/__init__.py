"""The one DynamoDB table. DynamoDB's errors and forms of values end here."""
