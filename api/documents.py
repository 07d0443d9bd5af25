"""The documents of an installation are read once before anything starts: flows, queues, recordings,
announcements, texts of messages. What they say wrong is known then, and not with the first call.
"""

from core.settings import settings
from telephony.announcement_words import ready_words
from telephony.flow_files import FOLDER, flow_of, shipped
from telephony.recordings.policy import policy
from telephony.routing.queues import plan
from telephony.templates import catalogue


def check() -> None:
    """Raises Problem for the first document with a mistake, naming file and field."""
    plan()
    policy()
    ready_words()
    catalogue()
    shipped()
    for path in sorted((settings().data_dir / FOLDER).glob("*.toml")):
        flow_of(path.stem)
