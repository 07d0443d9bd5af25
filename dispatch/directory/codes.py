"""The closed vocabularies of the directory. Pure."""

from core.callers import IMPORTANCES as IMPORTANCES

NODE_KINDS = ("substation", "feeder", "section", "transformer", "pole", "cabinet")
AREA_CLASSES = ("urban", "rural", "remote")
ACCOUNT_STATES = ("active", "in_arrears", "suspended", "closed")
CATEGORIES = ("residential", "commercial", "industrial", "agricultural", "public")
VOLTAGES = ("0.4", "10", "35", "110")
PHONE_USES = ("owner", "electrician", "duty_room", "tenant", "other")
