"""A service-level policy: which segments there are, how long each may take, who answers for it.

A policy is data (TOML, `sla/policies/`), read into frozen values. Every figure carries its source
and how sure that source is. docs/sla.md describes the file.
"""

import tomllib
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import FieldError, Problem

POINTS = ("A", "B", "C", "D", "E", "F", "G", "H")

Point = Literal[
    "A", "B", "C", "D", "E", "F", "G", "H",
    "centre_accepted", "activated", "restored", "recorded", "closed",
]  # fmt: skip
Subject = Literal["order", "hop", "assignment"]
AreaClass = Literal["urban", "rural", "remote"]
Statistic = Literal["max", "mean", "p90", "p95", "p97", "p99"]
Confidence = Literal["seed", "official_page", "secondary_page", "weak_page", "memory", "derived"]
Code = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]


class PolicyInvalid(Problem):
    """A policy file that cannot be used; `errors` names each key."""

    status = 422
    code = "policy_invalid"
    zh = "时限政策文件 {file} 无效：{summary}"
    en = "The policy file {file} is not valid: {summary}"


class PolicyUnknown(Problem):
    status = 404
    code = "policy_unknown"
    zh = "没有名为 {name} 的时限政策；可用的有：{known}。"
    en = "There is no policy called {name}; there are: {known}."


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Name(_Part):
    """What a person reads, in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class When(_Part):
    """Facts of an order under which a limit holds. A fact that is not known never fits."""

    same_site: bool | None = None
    area_class: AreaClass | None = None

    def fits(self, *, same_site: bool | None, area_class: str | None) -> bool:
        return (self.same_site is None or self.same_site == same_site) and (
            self.area_class is None or self.area_class == area_class
        )


class Limit(_Part):
    """At most `limit_s` seconds, where `when` fits."""

    limit_s: float = Field(gt=0)
    when: When = When()
    source: str
    confidence: Confidence


class SegmentRule(_Part):
    """One stretch between two points. The first of `limits` that fits holds."""

    code: Code
    name: Name
    from_point: Point = Field(alias="from")
    to_point: Point = Field(alias="to")
    subject: Subject
    responsible: str
    statistic: Statistic | None = None
    limits: tuple[Limit, ...] = Field(min_length=1)

    def limit_s(self, *, same_site: bool | None, area_class: str | None) -> float | None:
        """Seconds, or None where the facts do not say which limit holds."""
        for limit in self.limits:
            if limit.when.fits(same_site=same_site, area_class=area_class):
                return limit.limit_s
        return None


class TimerRule(_Part):
    """An alarm beside the segments: rings `limit_s` after `from` unless `stop` came."""

    code: Code
    name: Name
    from_point: Point = Field(alias="from")
    stop_point: Point = Field(alias="stop")
    subject: Subject
    tell: str
    limit_s: float = Field(gt=0)
    source: str
    confidence: Confidence


class Policy(_Part):
    """A complete policy. The segments are a chain: each begins where the one before it ends."""

    code: Code
    version: int = Field(ge=1)
    name: Name
    statistic: Statistic = "max"
    warn_share: float = Field(0.8, gt=0, lt=1)
    parties: dict[str, Name]
    segments: tuple[SegmentRule, ...] = Field(min_length=1)
    total: SegmentRule | None = None
    timers: tuple[TimerRule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        codes = [rule.code for rule in self.rules] + [timer.code for timer in self.timers]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"code {code} is used twice")
        for rule in self.rules:
            if rule.responsible not in self.parties:
                raise ValueError(f"{rule.code}: party {rule.responsible} is not in [parties]")
        for timer in self.timers:
            if timer.tell not in self.parties:
                raise ValueError(f"{timer.code}: party {timer.tell} is not in [parties]")
        for before, after in pairwise(self.segments):
            if before.to_point != after.from_point:
                raise ValueError(f"{after.code} does not begin where {before.code} ends")
        if self.total and (
            self.total.from_point != self.segments[0].from_point
            or self.total.to_point != self.segments[-1].to_point
        ):
            raise ValueError(f"{self.total.code} does not span the segments")
        return self

    @property
    def rules(self) -> tuple[SegmentRule, ...]:
        """The segments and, last, the total."""
        return (*self.segments, self.total) if self.total else self.segments

    @property
    def chain(self) -> tuple[str, ...]:
        """The points of the segments, in order."""
        return (self.segments[0].from_point, *(rule.to_point for rule in self.segments))


def parse_policy(text: str, file: str) -> Policy:
    """Read a policy from TOML text; `file` is named in errors. Raises PolicyInvalid."""
    try:
        raw: dict[str, Any] = tomllib.loads(text)
        return Policy.model_validate(raw)
    except tomllib.TOMLDecodeError as error:
        raise PolicyInvalid(file=file, summary=str(error)) from error
    except ValidationError as error:
        found = [
            FieldError(".".join(str(part) for part in item["loc"]) or "policy", item["msg"])
            for item in error.errors()
        ]
        summary = "; ".join(f"{one.field}: {one.message}" for one in found)
        raise PolicyInvalid(file=file, summary=summary, errors=found) from error


def policy_names() -> tuple[str, ...]:
    """The policies that come with Paidan."""
    folder = resources.files("sla") / "policies"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


@lru_cache(maxsize=64)
def _shipped(name: str) -> Policy:
    base, _, version = name.partition("@")
    folder = resources.files("sla") / "policies"
    for candidate in (name, base):
        if candidate in policy_names():
            found = parse_policy(
                (folder / f"{candidate}.toml").read_text(encoding="utf-8"), f"{candidate}.toml"
            )
            if not version or version == str(found.version):
                return found
    raise PolicyUnknown(name=name, known=", ".join(policy_names()))


def load_policy(path_or_name: str | Path) -> Policy:
    """A policy by file path (ends in `.toml`) or by the name of one that comes with Paidan.

    `beijing@1` asks for that version. Raises PolicyInvalid, PolicyUnknown.
    """
    if isinstance(path_or_name, Path) or path_or_name.endswith(".toml"):
        path = Path(path_or_name)
        if not path.is_file():
            raise PolicyUnknown(name=path_or_name, known=", ".join(policy_names()))
        return parse_policy(path.read_text(encoding="utf-8"), path.name)
    return _shipped(path_or_name)
