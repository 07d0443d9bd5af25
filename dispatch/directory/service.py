"""Use cases of the directory: the base map."""

import hashlib
import json
from typing import Any

from sqlalchemy.orm import Session

from dispatch.directory import repository


def keep_map(session: Session, org_id: int, document: dict[str, Any]) -> str:
    """Make this the organisation's base map. Returns its digest, the ETag.

    `document` is one that `dispatch.directory.mapfile.checked_map` lets through.
    """
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    repository.save_map(session, org_id, digest, document)
    return digest
