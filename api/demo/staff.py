"""Who works in the demo city: desks for newcomers, accounts of the simulated staff, crews."""

from dataclasses import dataclass

from core.rights import Role


@dataclass(frozen=True, slots=True)
class Post:
    """An account. `unit`: code of its unit; names of the person in both languages."""

    login: str
    role: Role
    unit: str
    name_zh: str
    name_en: str

    @property
    def name(self) -> str:
        """What history shows, for readers of either language."""
        return f"{self.name_zh} {self.name_en}"


@dataclass(frozen=True, slots=True)
class Team:
    """A crew of each centre. `same_site`: it sits in the centre's building; voltages in kV."""

    number: int
    name_zh: str
    name_en: str
    trade: str
    same_site: bool
    voltage_classes: tuple[str, ...] = ("0.4",)


@dataclass(frozen=True, slots=True)
class Doing:
    """What a role does and the page where it does it."""

    page: str
    zh: str
    en: str


HOTLINE = "hotline"
TEAMS = (
    Team(1, "抢修一班", "repair crew 1", "low_voltage", same_site=True),
    Team(2, "抢修二班", "repair crew 2", "low_voltage", same_site=True),
    Team(3, "高压抢修班", "10 kV crew", "medium_voltage", same_site=False, voltage_classes=("10",)),
    Team(4, "社区服务班", "community crew", "community_service", same_site=True),
)
DOINGS = {
    Role.AGENT: Doing("/agent", "接听来电，填写报修工单", "Answer callers and file repair orders"),
    Role.SHIFT_LEAD: Doing(
        "/agent", "把工单派发到报修中心", "Release orders to the right repair centre"
    ),
    Role.DISPATCHER: Doing(
        "/",
        "看本中心的工单和车辆，派班组、撤回、改派",
        "Orders on the map: send, recall, send again",
    ),
    Role.CREW: Doing(
        "/crew", "用手机接单、出发、到场、填单", "Accept, drive, arrive and record on a phone"
    ),
    Role.SUPERVISOR: Doing(
        "/supervisor",
        "看哪些工单超时、为什么、由谁负责",
        "Which orders are late, why, and who answers",
    ),
}
GUESTS = (
    Post("demo.agent", Role.AGENT, HOTLINE, "坐席访客", "Guest agent"),
    Post("demo.lead", Role.SHIFT_LEAD, HOTLINE, "值长访客", "Guest shift lead"),
    Post("demo.east", Role.DISPATCHER, "east", "城东调度访客", "Guest dispatcher, east"),
    Post("demo.west", Role.DISPATCHER, "west", "城西调度访客", "Guest dispatcher, west"),
    Post("demo.south", Role.DISPATCHER, "south", "城南调度访客", "Guest dispatcher, south"),
    Post("demo.crew1", Role.CREW, "east-1", "城东班组访客", "Guest crew, east"),
    Post("demo.crew2", Role.CREW, "west-1", "城西班组访客", "Guest crew, west"),
    Post("demo.crew3", Role.CREW, "south-1", "城南班组访客", "Guest crew, south"),
    Post("demo.supervisor", Role.SUPERVISOR, HOTLINE, "主管访客", "Guest supervisor"),
)
"""People may sit down here without a password, while the demo is on."""
_HOTLINE_STAFF = (
    Post("sim.agent1", Role.AGENT, HOTLINE, "林小雨", "Lin Xiaoyu"),
    Post("sim.agent2", Role.AGENT, HOTLINE, "何静怡", "He Jingyi"),
    Post("sim.agent3", Role.AGENT, HOTLINE, "周明远", "Zhou Mingyuan"),
    Post("sim.lead", Role.SHIFT_LEAD, HOTLINE, "沈立新", "Shen Lixin"),
    Post("sim.supervisor", Role.SUPERVISOR, HOTLINE, "曾文博", "Zeng Wenbo"),
    Post("sim.east", Role.DISPATCHER, "east", "高春燕", "Gao Chunyan"),
    Post("sim.west", Role.DISPATCHER, "west", "罗海涛", "Luo Haitao"),
    Post("sim.south", Role.DISPATCHER, "south", "彭思源", "Peng Siyuan"),
)
_LEADERS = (
    ("马建国", "Ma Jianguo"),
    ("唐鹏", "Tang Peng"),
    ("韩志强", "Han Zhiqiang"),
    ("吕芳", "Lü Fang"),
    ("邓勇", "Deng Yong"),
    ("冯磊", "Feng Lei"),
    ("谢国栋", "Xie Guodong"),
    ("袁敏", "Yuan Min"),
    ("宋斌", "Song Bin"),
    ("许军", "Xu Jun"),
    ("梁振华", "Liang Zhenhua"),
    ("董琳", "Dong Lin"),
)


def staff(centres: tuple[str, ...]) -> tuple[Post, ...]:
    """The accounts that the simulation works with; one per crew."""
    crews = [f"{centre}-{team.number}" for centre in centres for team in TEAMS]
    leaders = zip(crews, _LEADERS, strict=True)
    return (
        *_HOTLINE_STAFF,
        *(Post(f"sim.{crew}", Role.CREW, crew, *name) for crew, name in leaders),
    )
