"""Laws of the index: a fragment of a field finds the row, and says that field."""

import csv
import gzip
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from core.clock import now
from core.db import session_factory
from core.identity import EVERYTHING
from core.ids import new_id
from core.models import Organisation
from dispatch.directory.models import Customer, CustomerPhone, Premise, Region, ServicePoint
from dispatch.directory.search.forms import Row, pieces, place_words, plain
from dispatch.directory.search.hits import Hit
from dispatch.directory.search.match import fields_of, why
from dispatch.directory.search.query import Word, meanings, ways
from dispatch.directory.search.refresh import refresh
from dispatch.directory.search.service import search

ORG = 7
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高曾萧田董潘袁吕丁任单仇翟"
GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明平刚桂华建国志文玉小海长乐朝重行"
names = st.text(SURNAMES, min_size=1, max_size=1).flatmap(
    lambda head: st.text(GIVEN, min_size=1, max_size=2).map(lambda rest: head + rest)
)
signs = st.text(
    st.sampled_from("和平路东城区翠苑小12号楼-3abＡＢ座（）· Üü乐长单元"), min_size=2, max_size=24
)


def row(**fields: str) -> Row:
    made = Row()
    for name, value in fields.items():
        made.add(name, value)
    return made


def holds(made: Row, text: str) -> list[str]:
    """The fields that the row says for a text, where the index gives it for that question."""
    tokens = made.tokens
    for words in ways(text, "86"):
        if all(any(each <= tokens for each in asked(word)) for word in words):
            found = why(fields_of(made.words), (), words)
            if found is not None:
                return [one.field for one in found]
    raise AssertionError(f"{text} does not find {made.words}")


def asked(word: Word) -> list[set[str]]:
    """The sets of tokens of which a row has one."""
    return [set(one.strip("()").replace("'", "").split(" & ")) for one in meanings(word)]


@given(signs, st.data())
def test_any_piece_of_an_address_finds_it(address: str, data: st.DataObject) -> None:
    form = plain(address)
    if len(form) < 2:
        return
    start = data.draw(st.integers(0, len(form) - 2))
    end = data.draw(st.integers(start + 1, len(form)))
    assert holds(row(address=address), form[start:end]) == ["address"]


@given(st.text("M0123A456", min_size=2, max_size=14), st.data())
def test_a_meter_with_letters_is_found_by_any_piece(meter: str, data: st.DataObject) -> None:
    form = plain(meter)
    start = data.draw(st.integers(0, len(form) - 2))
    end = data.draw(st.integers(start + 2, len(form)))
    piece = form[start:end]
    if form.isdecimal() or (piece.isdecimal() and len(piece) < 3):
        return  # short digits mean a house
    if not piece.isdecimal():
        assert "meter" in holds(row(meter=meter), piece)


@given(names, st.data())
def test_a_name_is_found_by_signs_pinyin_and_initials(name: str, data: st.DataObject) -> None:
    made = row(name=name)
    start = data.draw(st.integers(0, len(name) - 1))
    end = data.draw(st.integers(start + 1, len(name)))
    assert holds(made, name[start:end]) == ["name"]
    assert holds(made, plain("".join(lazy_pinyin(name[start:end]))))[0] in ("pinyin", "initials")
    short = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    assert holds(made, short)[0] in ("pinyin", "initials")


@given(st.integers(13_000_000_000, 19_999_999_999), st.data())
def test_a_phone_is_found_by_its_end_and_its_beginning(number: int, data: st.DataObject) -> None:
    made = Row()
    made.add("phone", str(number))
    digits = str(number)
    assert holds(made, digits[-data.draw(st.integers(4, 11)) :]) == ["phone"]
    assert holds(made, digits[: data.draw(st.integers(3, 11))]) == ["phone"]
    for written in (f"+86 {digits}", f"0086{digits}", f"{digits[:3]}-{digits[3:7]}-{digits[7:]}"):
        assert holds(made, written) == ["phone"]


@given(st.from_regex(r"[0-9]{8,14}", fullmatch=True), st.data())
def test_meter_and_account_are_found_by_both_ends(number: str, data: st.DataObject) -> None:
    for field in ("meter", "account"):
        made = row(**{field: number})
        words = [number[: data.draw(st.integers(3, len(number)))], number[-4:]]
        for text in words:
            found = why(fields_of(made.words), (), [Word(text)])
            assert found is not None
            assert found[0].field == field


@given(st.text(max_size=60))
def test_whatever_is_typed_is_understood_or_nothing(text: str) -> None:
    for words in ways(text, "86"):
        for word in words:
            assert word.form == plain(word.form)
            assert all("'" not in token and "\\" not in token for token in pieces(word.form))


@given(st.text(max_size=40))
def test_whatever_stands_in_a_field_can_be_kept(text: str) -> None:
    made = row(name=text, address=text, code=text)
    assert all(token.strip() and "'" not in token for token in made.tokens)
    assert {letter for letter, _ in fields_of(made.words)} <= set("nkapi")


@pytest.mark.shared
def test_real_divisions_are_read_as_their_register_says(shared: Path) -> None:
    folder = shared / "data" / "beijing_divisions"
    odd = 0
    rows: list[dict[str, str]] = []
    for name in ("districts.csv", "streets.csv"):
        with (folder / name).open(encoding="utf-8") as file:
            rows += csv.DictReader(file)
    for one in rows:
        held = fields_of(row(name=one["name"]).words)
        read = {form for letter, form in held if letter in "pi"}
        odd += not {plain(one["pinyin"]), one["initials"]} <= read
    assert odd <= len(rows) // 50


def addresses(shared: Path) -> list[str]:
    file = shared / "data" / "chinese_addresses" / "dev_train.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        return [one["address"] for one in csv.DictReader(opened)]


@pytest.mark.shared
def test_real_addresses_are_found_by_any_two_signs(shared: Path) -> None:
    dice = random.Random(3)
    for address in addresses(shared):
        form = plain(address)
        at = dice.randrange(max(1, len(form) - 1))
        assert "address" in holds(row(address=address), form[at : at + 2])
        for word in place_words(address):
            assert plain(word) in form


def fill(texts: Sequence[str], dice: random.Random) -> list[tuple[str, str, str, str]]:
    """Customers at these addresses: account, name, phone, address."""
    made = []
    region = new_id()
    with session_factory()() as session:
        session.add(Organisation(id=ORG, code="law", name_zh="律", name_en="Law", created_at=now()))
        session.flush()
        session.add(Region(org_id=ORG, id=region, code="HZ", name_zh="杭州市", name_en="Hangzhou"))
        session.flush()
        for place, address in enumerate(texts):
            name = dice.choice(SURNAMES) + dice.choice(GIVEN) + dice.choice(GIVEN)
            phone = f"+8613{dice.randrange(10**9):09d}"
            customer, premise = new_id(), new_id()
            session.add(
                Customer(
                    org_id=ORG,
                    id=customer,
                    number=f"4400{place:06d}",
                    name_zh=name,
                    importance="ordinary",
                )
            )
            session.add(
                Premise(
                    org_id=ORG,
                    id=premise,
                    region_id=region,
                    address_zh=address,
                    area_class="urban",
                )
            )
            session.flush()
            session.add(
                CustomerPhone(org_id=ORG, customer_id=customer, number=phone, verified=True)
            )
            session.add(
                ServicePoint(
                    org_id=ORG,
                    id=new_id(),
                    customer_id=customer,
                    premise_id=premise,
                    meter=f"M{place:08d}",
                )
            )
            made.append((f"4400{place:06d}", name, phone, address))
        session.flush()
        refresh(session, ORG)
        session.commit()
    return made


@pytest.mark.shared
def test_among_real_addresses_each_is_found_or_there_are_more(database: str, shared: Path) -> None:
    dice = random.Random(5)
    people = fill(addresses(shared)[:1_500], dice)

    def ask(text: str) -> tuple[list[Hit], list[str]]:
        with session_factory()() as session:
            found = search(session, ORG, text, EVERYTHING, 50, at=now())
            return found.hits, found.more

    for number, name, phone, address in dice.sample(people, 60):
        form = plain(address)
        at = dice.randrange(max(1, len(form) - 1))
        road = max(place_words(address), key=len, default=form)
        for text, fields in (
            (form[at : at + 2], {"address"}),
            (name[:2], {"name"}),
            (phone[-4:], {"phone"}),
            (number[:9], {"account"}),
            ("".join(lazy_pinyin(name)), {"pinyin", "initials"}),
            (f"{name[0]} {road} {phone[-4:]}", {"name", "address", "phone", "region"}),
        ):
            hits, more = ask(text)
            mine = [hit for hit in hits if hit.code == number]
            assert mine or "customer" in more, (text, number)
            if mine and len(text) > 2:
                assert {one.field for one in mine[0].why} & fields, (text, mine[0].why)


def test_long_numbers_that_begin_alike_are_told_apart_by_the_index() -> None:
    """Meters of one utility begin alike for seven digits: the tokens go on to where they differ."""
    held = row(meter="01110330419995").tokens
    other = asked(Word("01110330428811", houses=False))
    assert not any(each <= held for each in other)
