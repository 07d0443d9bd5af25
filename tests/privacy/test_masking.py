"""Masks of personal data: what stays, what never does, and that masking twice is masking once."""

import csv
import gzip
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rights import Role, rights_of
from dispatch.privacy.masking import (
    CLEAR,
    CUT,
    KEPT_OF_ADDRESS,
    KEPT_OF_PHONE,
    MASKED,
    Eyes,
    is_company,
    mask_address,
    mask_name,
    mask_phone,
    mask_text,
)

REAL = Path(__file__).parents[3] / "shared" / "data" / "chinese_addresses" / "dev_train.csv.gz"
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
DIGITS = st.text(string.digits, min_size=1, max_size=20)
ADDRESS = st.lists(
    st.one_of(
        st.sampled_from(
            ["杭州市", "柳湾区", "杏花街", "18号", "3单元", "二楼", "502室", "B座", "20号大街"]
        ),
        st.text(HAN, max_size=4),
        st.text(string.ascii_letters + " ,", max_size=8),
        DIGITS,
    ),
    max_size=8,
).map("".join)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("张晓雯", "张**"),
        ("王女士", "王**"),
        ("欧阳修", "欧阳*"),
        ("欧阳振华", "欧阳**"),
        ("单于", "单*"),
        ("买买提·艾力江", "买**"),
        ("John Smith", "J…"),
        ("Lü Xiaowen", "L…"),
        ("13812345678", "…"),
        ("福满面馆", "福满面馆"),
        ("向阳小学", "向阳小学"),
        ("双塔机械厂", "双塔机械厂"),
        ("张厂", "张*"),
        ("王店生", "王**"),
        ("Fuman Noodles", "Fuman Noodles"),
        ("Springward Hospital", "Springward Hospital"),
        ("Acme Co., Ltd.", "Acme Co., Ltd."),
        ("欧阳文馆", "欧阳**"),
        ("  李四 ", "李*"),
        ("", ""),
    ],
)
def test_a_name_keeps_its_surname_and_a_company_its_name(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+8613812345678", "+86138****5678"),
        ("+86 138 1234 5678", "+86138****5678"),
        ("13812345678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("１３８１２３４５６７８", "138****5678"),
        ("+861062345678", "+8610****5678"),
        ("010-62345678", "010****5678"),
        ("62345678", "****5678"),
        ("010-62345678转801", "010****5678转**"),
        ("+1 415 555 0123 ext. 7", "+141****0123转**"),
        ("95598", "****8"),
        ("110", "****"),
        ("", ""),
    ],
)
def test_a_phone_keeps_country_first_three_and_last_four(number: str, masked: str) -> None:
    assert mask_phone(number) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("柳湾区杏花街18号3单元502室", "柳湾区杏花街**"),
        ("柳湾区杏花街", "柳湾区杏花街"),
        ("浙江省杭州市滨江区缤纷北苑47-6-746", "浙江省杭州市滨江区**"),
        ("浙江省杭州市20号大街风帆路口天明环保", "浙江省杭州市20号大街**"),
        ("安昌镇海盐村海湖针纺四楼", "安昌镇海盐村**"),
        ("环桥路2699弄147号603室", "环桥路**"),
        ("福田区东方时代B座2771", "福田区**"),
        ("萧山区临浦镇峙山西苑12幢8单元2077", "萧山区临浦镇**"),
        ("向阳小区甲12号", "向阳**"),
        ("东三环中路五号楼", "东三环中路**"),
        ("景山街道 12 号楼", "景山街道**"),
        ("502室", "**"),
        ("18 Apricot Street", "** Apricot Street"),
        ("Flat 2-301, 18 Apricot Street, Willow Bend", "** Apricot Street, Willow Bend"),
        ("Block 12, Jingshan", "** Jingshan"),
        ("Apricot Street, Willow Bend", "Apricot Street, Willow Bend"),
        ("5th Avenue 12", "** 5th Avenue"),
        ("", ""),
    ],
)
def test_an_address_keeps_district_and_road(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("整栋楼停电，打 13812345678 找张师傅", "整栋楼停电，打 138****5678 找张师傅"),
        ("身份证 11010519491231002X", "身份证 ********"),
        ("电话一三八幺二三四五六七八", "电话****"),
        ("12号楼3单元502室没电", "*号楼*单元*室没电"),
        ("停了 2 小时，电压 180 伏", "停了 2 小时，电压 180 伏"),
        ("call (010) 6234 5678 please", "call 010****5678 please"),
        ("", ""),
    ],
)
def test_free_text_keeps_everything_but_numbers_that_lead_to_somebody(
    text: str, masked: str
) -> None:
    assert mask_text(text) == masked


@given(st.text(max_size=30))
def test_a_masked_name_masked_again_is_the_same(name: str) -> None:
    assert mask_name(mask_name(name)) == mask_name(name)


@given(st.text(HAN, min_size=2, max_size=3).filter(lambda name: not is_company(name)))
def test_a_masked_person_shows_at_most_two_signs(name: str) -> None:
    masked = mask_name(name)
    shown = masked.rstrip("*")
    assert len(shown) <= 2
    assert len(masked) <= len(name)
    assert masked != name


@given(
    st.one_of(
        DIGITS,
        DIGITS.map("+{}".format),
        st.from_regex(r"\+?[0-9 ()\-]{0,18}(转|ext\. ?|x)?[0-9]{0,5}", fullmatch=True),
        st.text(max_size=24),
    )
)
def test_a_masked_phone_shows_at_most_seven_digits_beside_the_country(number: str) -> None:
    masked = mask_phone(number)
    assert mask_phone(masked) == masked
    national = masked
    if masked.startswith("+"):
        assert "+" in number or "＋" in number
        national = masked[4:] if masked[1:4].isdigit() else masked[1:]
    assert sum(sign.isdecimal() for sign in national) <= KEPT_OF_PHONE
    digits = sum(sign.isdecimal() for sign in number)
    if masked:
        assert sum(sign.isdecimal() for sign in masked) <= max(digits - 4, 0)


@given(st.one_of(ADDRESS, st.text(max_size=60)))
def test_a_masked_address_is_short_and_stays_masked(address: str) -> None:
    masked = mask_address(address)
    assert mask_address(masked) == masked
    assert len(masked) <= KEPT_OF_ADDRESS + len(CUT) + 1
    assert len(masked) <= len(address) + len(CUT) + 1


@given(st.lists(st.one_of(DIGITS, st.text(max_size=12), st.just("138 1234 5678"))).map(" ".join))
def test_masked_text_holds_no_phone_and_stays_masked(text: str) -> None:
    masked = mask_text(text)
    assert mask_text(masked) == masked
    assert "138 1234 5678" not in masked


@pytest.mark.skipif(not REAL.exists(), reason="the real addresses are not beside the project")
def test_no_house_or_room_of_a_real_address_is_shown() -> None:
    """Labelled numbers of houses, cells, floors and rooms never stay, districts nearly always."""
    hidden = ("houseno", "cellno", "floorno", "roomno", "roadno", "subroadno")
    shown: list[str] = []
    kept = wanted = 0
    with gzip.open(REAL, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            masked = mask_address(row["address"])
            assert mask_address(masked) == masked
            parts = [part.partition("=") for part in row["segments"].split("|")]
            for label, _, value in parts:
                number = "".join(sign for sign in value if sign.isdigit())
                if label in hidden and len(number) > 1 and number in masked:
                    shown.append(row["address"])
                if label in ("district", "town") and value[-1:] in "区县镇乡":
                    wanted += 1
                    kept += value in masked
    assert len(shown) <= 5, shown
    assert kept >= 0.9 * wanted


@pytest.mark.parametrize("role", Role)
def test_only_the_hotline_sees_in_clear(role: Role) -> None:
    eyes = Eyes.of(rights_of(role))
    assert eyes == (CLEAR if role in (Role.AGENT, Role.SHIFT_LEAD) else MASKED)


def test_none_stays_none() -> None:
    for eyes in (CLEAR, MASKED):
        assert (eyes.name(None), eyes.phone(None), eyes.address(None), eyes.text(None)) == (
            None,
            None,
            None,
            None,
        )
