"""The ground every capability stands on. Nothing here knows the web, a customer or a channel."""
