"""From rows of the index to hits: why each was found, what is shown of the best of them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.identity import Access
from core.rights import Scope
from core.settings import settings
from dispatch.directory.callers import RegionOf
from dispatch.directory.rules import country_code
from dispatch.directory.search import hits
from dispatch.directory.search.forms import Row, digits_of, plain
from dispatch.directory.search.hits import Customer, Hit, Premise, Reason, Thing
from dispatch.directory.search.match import EXACT, INSIDE, PREFIX, Why, fields_of, why
from dispatch.directory.search.query import Word
from dispatch.directory.search.repository import Candidate
from dispatch.privacy.masking import CLEAR, Eyes

LEAST_OF_NUMBER = 3
Ranked = tuple[Candidate, list[Why]]


@dataclass(frozen=True, slots=True)
class Describer:
    """For one reader and one list of words; at most `limit` of each are described, and one more."""

    session: Session
    org_id: int
    eyes: Eyes
    words: Sequence[Word]
    limit: int
    at: datetime

    def entries(self, rows: Sequence[Candidate]) -> Iterator[Hit]:
        """Customers and premises. What the reader sees masked must fit masked."""
        kept = self._ranked(rows) if self.eyes.clear else self._as_masked(rows)
        by_kind: dict[str, list[Ranked]] = {"customer": [], "premise": []}
        for one in kept:
            by_kind[one[0].kind].append(one)
        yield from self._customers(by_kind["customer"][: self.limit + 1])
        yield from self._premises(by_kind["premise"][: self.limit + 1])

    def _ranked(self, rows: Iterable[Candidate]) -> list[Ranked]:
        found = []
        for row in rows:
            reasons = why(fields_of(row.words), row.regions, self.words)
            if reasons is not None:
                found.append((row, reasons))
        return sorted(found, key=_order)

    def _as_masked(self, rows: Sequence[Candidate]) -> list[Ranked]:
        """The same after the fields were put behind their masks."""
        ids = [row.id for row in rows]
        people = hits.customers(self.session, self.org_id, ids)
        places = hits.premises(self.session, self.org_id, ids)
        seen = []
        for row in rows:
            if row.id in people:
                seen.append(row._replace(words=self._masked_customer(people[row.id])))
            elif row.id in places:
                seen.append(row._replace(words=self._masked_premise(places[row.id])))
        return self._ranked(seen)

    def _masked_customer(self, one: Customer) -> str:
        row = Row()
        row.add("name", self.eyes.name(one.name_zh))
        row.add("name_en", self.eyes.name(one.name_en))
        row.add("account", one.number)
        for meter in one.meters:
            row.add("meter", meter)
        for address in one.addresses:
            row.add("address", self.eyes.address(address))
        for address in one.addresses_en:
            row.add("address_en", self.eyes.address(address))
        for code in one.codes:
            row.add("code", code)
        country = country_code(settings().phone_region)
        phones = (_shown(digits_of(phone, country)) for phone in one.phones)
        return row.words + "".join(f"T{phone}|" for phone in phones)

    def _masked_premise(self, one: Premise) -> str:
        row = Row()
        row.add("address", self.eyes.address(one.address_zh))
        row.add("address_en", self.eyes.address(one.address_en))
        row.add("code", one.code)
        return row.words

    def _customers(self, rows: Sequence[Ranked]) -> Iterator[Hit]:
        found = hits.customers(self.session, self.org_id, [row.id for row, _ in rows])
        wanted = {one.transformer_id for one in found.values() if one.transformer_id}
        devices = hits.devices(self.session, self.org_id, wanted)
        for row, reasons in rows:
            one = found.get(row.id)
            if one is None:
                continue
            zh = _fitting(one.addresses, reasons, "address")
            en = _fitting(one.addresses_en, reasons, "address_en")
            yield Hit(
                kind="customer",
                id=one.id,
                code=one.number,
                title_zh=self.eyes.name(one.name_zh) or "",
                title_en=self.eyes.name(one.name_en),
                subtitle_zh=self.eyes.address(zh),
                subtitle_en=self.eyes.address(en),
                importance=one.importance,
                state=one.account_state,
                why=[self._reason(*pair, one) for pair in zip(reasons, self.words, strict=True)],
                open_orders=one.open_orders,
                region=one.region,
                devices=devices.get(one.transformer_id, []) if one.transformer_id else [],
            )

    def _regions(self, ids: Iterable[UUID | None]) -> dict[UUID | None, RegionOf]:
        wanted = {one for one in ids if one is not None}
        return dict(hits.regions(self.session, self.org_id, wanted).items())

    def _reason(self, one: Why, word: Word, customer: Customer) -> Reason:
        """With the whole value, where the hit's titles do not show it."""
        value = None
        if one.field == "meter":
            value = _holding(customer.meters, one.matched)
        elif one.field == "phone":
            phones = [self.eyes.phone(phone) or "" for phone in customer.phones]
            value = _holding(phones, one.matched) if self.eyes.clear else _alike(phones, word.form)
        return Reason(one.field, word.form, one.matched, one.level, value)

    def _premises(self, rows: Sequence[Ranked]) -> Iterator[Hit]:
        found = hits.premises(self.session, self.org_id, [row.id for row, _ in rows])
        regions = self._regions(one.region_id for one in found.values())
        for row, reasons in rows:
            one = found.get(row.id)
            if one is None:
                continue
            yield Hit(
                kind="premise",
                id=one.id,
                code=one.code or "",
                title_zh=self.eyes.address(one.address_zh) or "",
                title_en=self.eyes.address(one.address_en),
                subtitle_zh=None,
                subtitle_en=None,
                importance="ordinary",
                state=None,
                why=hits.reasons(reasons, [word.form for word in self.words]),
                region=regions.get(one.region_id),
            )

    def things(self, rows: Iterable[Candidate]) -> Iterator[Hit]:
        """Regions with whom to call, devices of the network, units."""
        by_kind: dict[str, list[Ranked]] = {}
        for one in self._ranked(rows):
            by_kind.setdefault(hits.kind_of(one[0].kind), []).append(one)
        best = [one for kept in by_kind.values() for one in kept[: self.limit + 1]]
        found = hits.things(self.session, self.org_id, [row.id for row, _ in best])
        regions = {one.id for one in found.values() if one.kind == "region"}
        contacts = hits.contacts(self.session, self.org_id, regions, self.at)
        above = hits.devices(
            self.session,
            self.org_id,
            {one.id for one in found.values() if one.kind in hits.DEVICES},
        )
        for row, reasons in best:
            thing = found.get(row.id)
            if thing is not None:
                words = [word.form for word in self.words]
                yield _thing(thing, hits.reasons(reasons, words), contacts, above)

    def orders(self, access: Access, kinds: Collection[str]) -> Iterator[Hit]:
        """Orders by number, when nothing else was written."""
        digits = self._number()
        if digits is None or "order" not in kinds:
            return
        centre = access.unit_id if access.scope is not Scope.ALL else None
        for one in hits.orders(self.session, self.org_id, digits, centre, self.limit + 1):
            # The centre that holds an open order sees where its work is.
            works = centre is not None and one.state != "closed"
            eyes = CLEAR if works else self.eyes
            yield Hit(
                kind="order",
                id=one.id,
                code=one.number,
                title_zh=one.number,
                title_en=None,
                subtitle_zh=eyes.address(one.place),
                subtitle_en=eyes.address(one.place_en),
                importance="ordinary",
                state=one.state,
                why=[_by_number(one.number, digits)],
                detail=one.fault_code,
            )

    def tickets(self, access: Access, kinds: Collection[str]) -> Iterator[Hit]:
        """Tickets by number, with or without its T, when nothing else was written."""
        digits = self._number("t")
        if digits is None or "ticket" not in kinds:
            return
        centre = access.unit_id if access.scope is not Scope.ALL else None
        for one in hits.tickets(self.session, self.org_id, digits, centre, self.limit + 1):
            name = self.eyes.name(one.caller_name)
            yield Hit(
                kind="ticket",
                id=one.id,
                code=one.number,
                title_zh=one.number,
                title_en=None,
                subtitle_zh=name,
                subtitle_en=name,
                importance="ordinary",
                state=one.state,
                why=[_by_number(one.number, digits)],
                detail=one.kind,
            )

    def _number(self, letter: str = "") -> str | None:
        """The digits of the only word, enough to be part of a number."""
        if len(self.words) != 1:
            return None
        digits = self.words[0].form.removeprefix(letter)
        return digits if digits.isdecimal() and len(digits) >= LEAST_OF_NUMBER else None


def _by_number(number: str, digits: str) -> Reason:
    form = plain(number).removeprefix("t")
    level = EXACT if form == digits else PREFIX if form.endswith(digits) else INSIDE
    return Reason("code", digits, digits, level)


def _order(one: Ranked) -> tuple[object, ...]:
    row, reasons = one
    levels = [reason.level for reason in reasons]
    return -min(levels), -sum(levels), row.importance == "ordinary", row.number, row.id.hex


def _thing(
    one: Thing,
    reasons: list[Reason],
    contacts: dict[UUID, hits.Contact],
    above: dict[UUID, list[hits.Device]],
) -> Hit:
    return Hit(
        kind=hits.kind_of(one.kind),
        id=one.id,
        code=one.code,
        title_zh=one.name_zh,
        title_en=one.name_en,
        subtitle_zh=one.phone,
        subtitle_en=one.phone,
        importance="ordinary",
        state=None,
        why=reasons,
        contact=contacts.get(one.id),
        devices=above.get(one.id, [])[1:],
        detail=one.detail or (one.kind if one.kind in hits.DEVICES else None),
    )


def _shown(digits: str) -> str:
    """What a mask shows of a phone: where whole numbers agree in it, they are not told apart."""
    return f"{digits[:3]}*{digits[-4:]}"


def _fitting(values: Sequence[str], reasons: Iterable[Why], field: str) -> str | None:
    """Of several addresses the one that was found; else the first."""
    wanted = next((one.matched for one in reasons if one.field == field), "")
    return _holding(values, wanted) if wanted else next(iter(values), None)


def _holding(values: Sequence[str], form: str) -> str | None:
    return next((one for one in values if form in plain(one)), next(iter(values), None))


def _alike(phones: Sequence[str], digits: str) -> str | None:
    """The masked phone that the digits agree with."""
    ends = (one for one in phones if one.endswith(digits[-4:]))
    return next(ends, next(iter(phones), None))
