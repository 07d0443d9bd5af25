"""Numbers that people read out: counted per local day."""

from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert

from core.models import Counter
from core.settings import settings
from core.uow import UnitOfWork


def next_number(uow: UnitOfWork, name: str, prefix: str = "") -> str:
    """`YYYYMMDD-NNNN` behind `prefix`. `name`: what is counted, such as order or ticket."""
    day = uow.now.astimezone(ZoneInfo(settings().timezone)).strftime("%Y%m%d")
    statement = (
        insert(Counter)
        .values(org_id=uow.org_id, name=f"{name}:{day}", value=1)
        .on_conflict_do_update(index_elements=["org_id", "name"], set_={"value": Counter.value + 1})
        .returning(Counter.value)
    )
    return f"{prefix}{day}-{uow.session.execute(statement).scalar_one():04d}"
