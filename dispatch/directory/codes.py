"""The closed vocabularies of the directory. Pure."""

NODE_KINDS = ("substation", "feeder", "section", "transformer", "pole", "cabinet")
# 重要电力用户: special, first and second class, temporary.
IMPORTANCES = ("ordinary", "special", "first", "second", "temporary")
AREA_CLASSES = ("urban", "rural", "remote")
ACCOUNT_STATES = ("active", "in_arrears", "suspended", "closed")
CATEGORIES = ("residential", "commercial", "industrial", "agricultural", "public")
VOLTAGES = ("0.4", "10", "35", "110")
PHONE_USES = ("owner", "electrician", "duty_room", "tenant", "other")
