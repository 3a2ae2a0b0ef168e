"""What happened with a customer, on any channel, in one timeline."""

from portal.interactions.kinds import CHANNELS, list_kinds
from portal.interactions.queries import TimelineCard, TimelineItem, timeline_card
from portal.interactions.service import record_interaction, recording, recording_values

__all__ = ["CHANNELS", "TimelineCard", "TimelineItem", "list_kinds", "record_interaction", "recording", "recording_values", "timeline_card"]
