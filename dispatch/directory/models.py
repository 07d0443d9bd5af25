"""Tables of the directory. Names, phones and addresses live here and never in events."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base
from dispatch.directory.codes import ACCOUNT_STATES as ACCOUNT_STATES
from dispatch.directory.codes import AREA_CLASSES as AREA_CLASSES
from dispatch.directory.codes import CATEGORIES as CATEGORIES
from dispatch.directory.codes import IMPORTANCES as IMPORTANCES
from dispatch.directory.codes import NODE_KINDS as NODE_KINDS
from dispatch.directory.codes import PHONE_USES as PHONE_USES
from dispatch.directory.codes import VOLTAGES as VOLTAGES


class Region(Base):
    """A district: short code, the centre that repairs there, its outline."""

    __tablename__ = "region"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "centre_id"], ["unit.org_id", "unit.id"]),
        ForeignKeyConstraint(["org_id", "parent_id"], ["region.org_id", "region.id"]),
        Index("uq_region_code", "org_id", "code", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    parent_id: Mapped[UUID | None]
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    centre_id: Mapped[UUID | None]
    outline: Mapped[dict[str, Any] | None] = mapped_column(
        comment="GeoJSON Polygon or MultiPolygon, WGS-84"
    )


class NetworkNode(Base):
    """A device of the distribution network; supply comes from `parent_id`.

    Poles and cabinets stand beside the line: they say where something is.
    """

    __tablename__ = "network_node"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "parent_id"], ["network_node.org_id", "network_node.id"]),
        CheckConstraint("kind IN ('" + "','".join(NODE_KINDS) + "')", name="kind"),
        Index("uq_network_node_code", "org_id", "code", unique=True),
        Index("ix_network_node_parent", "org_id", "parent_id"),
        Index("ix_network_node_at", "org_id", "lat", "lon"),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    parent_id: Mapped[UUID | None]
    kind: Mapped[str]
    code: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class Premise(Base):
    """A place that is supplied: address in both languages, WGS-84 point."""

    __tablename__ = "premise"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "region_id"], ["region.org_id", "region.id"]),
        CheckConstraint("area_class IN ('" + "','".join(AREA_CLASSES) + "')", name="area_class"),
        Index("ix_premise_region", "org_id", "region_id"),
        Index("uq_premise_code", "org_id", "code", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    region_id: Mapped[UUID | None]
    code: Mapped[str | None] = mapped_column(comment="the premise's number in the utility's books")
    address_zh: Mapped[str]
    address_en: Mapped[str | None]
    area_class: Mapped[str]
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class Customer(Base):
    """An account. `number` is the account number that is printed on bills."""

    __tablename__ = "customer"
    __table_args__ = (
        ForeignKeyConstraint(["org_id"], ["organisation.id"]),
        CheckConstraint("importance IN ('" + "','".join(IMPORTANCES) + "')", name="importance"),
        CheckConstraint(
            "account_state IN ('" + "','".join(ACCOUNT_STATES) + "')", name="account_state"
        ),
        CheckConstraint("category IN ('" + "','".join(CATEGORIES) + "')", name="category"),
        CheckConstraint("voltage IN ('" + "','".join(VOLTAGES) + "')", name="voltage"),
        Index("uq_customer_number", "org_id", "number", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str | None]
    importance: Mapped[str]
    account_state: Mapped[str] = mapped_column(default="active", server_default="active")
    category: Mapped[str] = mapped_column(default="residential", server_default="residential")
    voltage: Mapped[str] = mapped_column(default="0.4", server_default="0.4", comment="kV")
    contract_kva: Mapped[float | None] = mapped_column(comment="合同容量")
    running_kva: Mapped[float | None] = mapped_column(comment="运行容量")
    commissioned_on: Mapped[date | None] = mapped_column(comment="first supply")


class CustomerPhone(Base):
    """A phone of a customer, E.164. Several customers may share one."""

    __tablename__ = "customer_phone"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"]),
        CheckConstraint("used_by IN ('" + "','".join(PHONE_USES) + "')", name="used_by"),
        Index("ix_customer_phone_number", "org_id", "number"),
        Index("uq_customer_phone_id", "org_id", "id", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(primary_key=True)
    verified: Mapped[bool]
    used_by: Mapped[str] = mapped_column(default="owner", server_default="owner")
    position: Mapped[int] = mapped_column(default=0, server_default="0", comment="order of calling")
    id: Mapped[UUID] = mapped_column(
        server_default=text("gen_random_uuid()"),
        comment="names the phone in addresses and events, where its number may not be",
    )


class ServicePoint(Base):
    """Where a customer is supplied: the premise, the meter, the transformer above it."""

    __tablename__ = "service_point"
    __table_args__ = (
        ForeignKeyConstraint(["org_id", "customer_id"], ["customer.org_id", "customer.id"]),
        ForeignKeyConstraint(["org_id", "premise_id"], ["premise.org_id", "premise.id"]),
        ForeignKeyConstraint(
            ["org_id", "transformer_id"], ["network_node.org_id", "network_node.id"]
        ),
        Index("ix_service_point_customer", "org_id", "customer_id"),
        Index("ix_service_point_premise", "org_id", "premise_id"),
        Index("ix_service_point_transformer", "org_id", "transformer_id"),
        Index("uq_service_point_meter", "org_id", "meter", unique=True),
    )

    org_id: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID]
    premise_id: Mapped[UUID]
    transformer_id: Mapped[UUID | None]
    meter: Mapped[str]


class BaseMap(Base):
    """The organisation's own ground map: GeoJSON with names in both languages."""

    __tablename__ = "base_map"
    __table_args__ = (ForeignKeyConstraint(["org_id"], ["organisation.id"]),)

    org_id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(comment="SHA-256 of the document, hex; the ETag")
    document: Mapped[dict[str, Any]] = mapped_column(comment="GeoJSON FeatureCollection, WGS-84")
