"""An organisation to import into."""

from core.clock import now
from core.db import session_factory
from core.models import Organisation


def make_organisation(org_id: int = 1) -> int:
    with session_factory()() as session:
        session.add(
            Organisation(
                id=org_id,
                code=f"test-{org_id}",
                name_zh="测试供电公司",
                name_en="Test utility",
                created_at=now(),
            )
        )
        session.commit()
    return org_id
