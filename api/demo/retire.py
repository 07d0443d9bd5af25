"""Close a demo organisation whose city is another than the one this edition makes.

Its facts stay, as all facts do; its people, terminals and number make room for the new one's.
"""

from sqlalchemy import String, cast, delete, func, update
from sqlalchemy.orm import Session

from core.models import Organisation, User
from gps.models import Device
from telephony.models import PhoneNumber


def retire(session: Session, org_id: int, code: str) -> None:
    """Nobody logs in, calls or connects there any more. `code`: that of the organisation."""
    mark = f"retired-{org_id}-"
    session.execute(
        update(Organisation).where(Organisation.id == org_id).values(code=f"{code}-{org_id}")
    )
    session.execute(
        update(User)
        .where(User.org_id == org_id)
        .values(active=False, login=func.concat(cast(mark, String), User.login))
    )
    session.execute(
        update(Device)
        .where(Device.org_id == org_id)
        .values(identity=func.concat(cast(mark, String), Device.identity))
    )
    session.execute(delete(PhoneNumber).where(PhoneNumber.org_id == org_id))
