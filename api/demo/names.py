"""Words that the demo city's names are made of, Chinese and English. All names are invented."""

import random

# Districts with their repair centre: the core, the five of the middle, the three outside.
CORE = ("CZ", "晨钟区", "Morning Bell", "south")
MIDDLE = (
    ("LW", "柳湾区", "Willow Bend", "east"),
    ("QY", "青砚区", "Inkstone", "west"),
    ("SY", "松吟区", "Pinesong", "west"),
    ("JT", "镜塘区", "Mirror Pond", "south"),
    ("WF", "望帆区", "Sailview", "east"),
)
OUTSIDE = (
    ("DF", "稻风区", "Ricefield", "east"),
    ("YW", "云坞区", "Cloud Hollow", "west"),
    ("DQ", "渡桥区", "Ferrybridge", "south"),
)
CENTRES = (
    ("east", "城东报修中心", "East repair centre", "WF"),
    ("west", "城西报修中心", "West repair centre", "SY"),
    ("south", "城南报修中心", "South repair centre", "JT"),
)
RINGS = (("内环路", "Inner Ring Road"), ("外环路", "Outer Ring Road"))
AVENUES = (
    ("迎春大道", "Springward Avenue"),
    ("长风大道", "Longwind Avenue"),
    ("金穗大道", "Goldenear Avenue"),
    ("白鹭大道", "Egret Avenue"),
    ("星河大道", "Starriver Avenue"),
)
RIVER = ("练光河", "Silkshine River")
PARKS = (
    ("听松公园", "Listening Pines Park"),
    ("荷风公园", "Lotusbreeze Park"),
    ("知鱼公园", "Happy Fish Park"),
    ("半山公园", "Halfhill Park"),
    ("银杏公园", "Ginkgo Park"),
    ("晚晴公园", "Clear Evening Park"),
)
LAKES = (("鹤影湖", "Crane Lake"), ("澄心湖", "Stillheart Lake"))

_STREETS = (
    "杏花 Apricot,槐荫 Locust,柳絮 Willowdown,竹影 Bamboo,梅岭 Plumhill,兰亭 Orchid,"
    "菊圃 Aster,桂香 Osmanthus,枫桥 Maplebridge,桐荫 Paulownia,荷塘 Lotus,芦花 Reed,"
    "棠梨 Birchpear,木樨 Teaolive,石榴 Pomegranate,青梅 Greenplum,紫藤 Wisteria,白桦 Birch,"
    "丹枫 Redmaple,翠微 Greenmist,晴川 Clearstream,沧浪 Bluewave,听雨 Rainsound,"
    "望月 Moonview,摘星 Starpick,流霞 Rosecloud,朝露 Dewdrop,暮云 Duskcloud,清风 Breeze,"
    "明月 Brightmoon,春晓 Springdawn,秋水 Autumnwater,夏荫 Summershade,冬青 Holly,"
    "飞燕 Swallow,鸣蝉 Cicada,鹭洲 Heronisle,鱼跃 Leapfish,鹿鸣 Deercall,雁归 Wildgoose,"
    "鹊桥 Magpie,锦鲤 Koi,骏马 Steed,耕牛 Ploughox,织锦 Brocade,染坊 Dyehouse,磨坊 Mill,"
    "茶市 Teamarket,米市 Ricemarket,布市 Clothmarket,瓷坊 Porcelain,印书 Printers,"
    "铸铜 Coppersmith,造纸 Papermill,琴台 Lute,棋盘 Chessboard,书院 Academy,画桥 Paintbridge,"
    "砚池 Inkpool,笔架 Brushrest,灯塔 Lighthouse,船厂 Shipyard,渡口 Ferry,码头 Quay,"
    "水门 Watergate,石磴 Stonestep,古井 Oldwell,双塔 Twotowers,三槐 Threelocust,"
    "七星 Sevenstars,八角 Octagon,九曲 Ninebends,百花 Hundredflower,千帆 Thousandsail,"
    "万象 Allthings,同心 Oneheart,和畅 Gentle,安澜 Calmwater,永宁 Lastingpeace,长乐 Longjoy,"
    "向阳 Sunward,晒谷 Grainyard,采菱 Waterchestnut,种玉 Jade,浣纱 Washsilk"
)
STREET_WORDS = tuple(tuple(one.split(" ")) for one in _STREETS.split(","))

_SURNAMES = (
    "王 Wang,李 Li,张 Zhang,刘 Liu,陈 Chen,杨 Yang,赵 Zhao,黄 Huang,周 Zhou,吴 Wu,徐 Xu,"
    "孙 Sun,胡 Hu,朱 Zhu,高 Gao,林 Lin,何 He,郭 Guo,马 Ma,罗 Luo,梁 Liang,宋 Song,郑 Zheng,"
    "谢 Xie,韩 Han,唐 Tang,冯 Feng,于 Yu,董 Dong,萧 Xiao,程 Cheng,曹 Cao,袁 Yuan,邓 Deng,"
    "许 Xu,傅 Fu,沈 Shen,曾 Zeng,彭 Peng,吕 Lü"
)
_GIVEN = (
    "晓雯 Xiaowen,建国 Jianguo,丽华 Lihua,志强 Zhiqiang,秀英 Xiuying,明远 Mingyuan,"
    "雨桐 Yutong,子涵 Zihan,国栋 Guodong,淑芬 Shufen,海涛 Haitao,静怡 Jingyi,文博 Wenbo,"
    "春燕 Chunyan,立新 Lixin,思源 Siyuan,玉兰 Yulan,浩然 Haoran,佳宁 Jianing,振华 Zhenhua,"
    "小梅 Xiaomei,伟 Wei,芳 Fang,磊 Lei,敏 Min,军 Jun,艳 Yan,勇 Yong,洁 Jie,涛 Tao,霞 Xia,"
    "鹏 Peng,倩 Qian,斌 Bin,琳 Lin,昊 Hao"
)
SURNAMES = tuple(tuple(one.split(" ")) for one in _SURNAMES.split(","))
GIVEN = tuple(tuple(one.split(" ")) for one in _GIVEN.split(","))

SHOP_NAMES = (
    ("福满", "Fuman"),
    ("好邻居", "Good Neighbour"),
    ("老街坊", "Old Street"),
    ("一品香", "First Fragrance"),
    ("喜洋洋", "Joyful"),
    ("小满", "Xiaoman"),
    ("百味", "Hundred Tastes"),
    ("四季", "Four Seasons"),
    ("金算盘", "Golden Abacus"),
    ("晨曦", "Daybreak"),
)
SHOP_KINDS = (
    ("面馆", "Noodles"),
    ("超市", "Grocery"),
    ("药房", "Pharmacy"),
    ("洗衣店", "Laundry"),
    ("五金店", "Hardware"),
    ("理发店", "Barber"),
    ("水果店", "Fruit"),
    ("书店", "Bookshop"),
    ("茶楼", "Tea House"),
    ("冷库", "Cold Store"),
)
# Each with its class of importance (重要电力用户) and its district.
LANDMARKS = (
    ("hospital", "晨钟中心医院", "Morning Bell Central Hospital", "special", "CZ"),
    ("hospital", "柳湾医院", "Willow Bend Hospital", "first", "LW"),
    ("hospital", "松吟医院", "Pinesong Hospital", "first", "SY"),
    ("hospital", "镜塘妇幼保健院", "Mirror Pond Mother and Child Hospital", "first", "JT"),
    ("metro", "钟楼广场地铁站", "Bell Square Metro Station", "first", "CZ"),
    ("metro", "青砚地铁站", "Inkstone Metro Station", "first", "QY"),
    ("metro", "望帆地铁站", "Sailview Metro Station", "first", "WF"),
    ("metro", "镜塘地铁站", "Mirror Pond Metro Station", "first", "JT"),
    ("data_centre", "云栈数据中心", "Cloudway Data Centre", "first", "WF"),
    ("data_centre", "青砚算力中心", "Inkstone Computing Centre", "second", "QY"),
    ("waterworks", "练光河水厂", "Silkshine Waterworks", "first", "SY"),
    ("waterworks", "渡桥污水处理厂", "Ferrybridge Sewage Works", "second", "DQ"),
    ("school", "晨钟第一中学", "Morning Bell No. 1 School", "second", "CZ"),
    ("school", "柳湾实验小学", "Willow Bend Primary School", "second", "LW"),
    ("school", "青砚中学", "Inkstone School", "second", "QY"),
    ("school", "松吟小学", "Pinesong Primary School", "second", "SY"),
    ("school", "望帆职业学校", "Sailview Vocational School", "second", "WF"),
    ("school", "稻风中心小学", "Ricefield Primary School", "second", "DF"),
    ("school", "云坞中心小学", "Cloud Hollow Primary School", "second", "YW"),
    ("school", "渡桥中心小学", "Ferrybridge Primary School", "second", "DQ"),
    ("works", "镜塘玻璃厂", "Mirror Pond Glassworks", "second", "JT"),
    ("works", "柳湾化工厂", "Willow Bend Chemical Works", "first", "LW"),
    ("works", "稻风粮油加工厂", "Ricefield Grain Mill", "ordinary", "DF"),
    ("works", "云坞茶厂", "Cloud Hollow Tea Works", "ordinary", "YW"),
    ("government", "市应急指挥中心", "City Emergency Command Centre", "special", "CZ"),
    ("broadcast", "演示城电视塔", "Demo City Television Tower", "first", "CZ"),
    ("stadium", "城南体育场", "South Stadium", "temporary", "JT"),
)


class StreetNames:
    """Hands out each street name once: all words, then the same with an ordinal."""

    def __init__(self, dice: random.Random) -> None:
        self._words = list(STREET_WORDS)
        dice.shuffle(self._words)
        self._used = 0

    def take(self, ending_zh: str, ending_en: str) -> tuple[str, str]:
        """The next name with this ending, e.g. 路 and Road."""
        turn, index = divmod(self._used, len(self._words))
        self._used += 1
        zh, en = self._words[index]
        if turn == 0:
            return f"{zh}{ending_zh}", f"{en} {ending_en}"
        return f"{zh}{_ORDINALS[turn]}{ending_zh}", f"{en} {ending_en} {turn}"


_ORDINALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


def person(dice: random.Random) -> tuple[str, str]:
    """A name, family name first."""
    family, given = dice.choice(SURNAMES), dice.choice(GIVEN)
    return f"{family[0]}{given[0]}", f"{family[1]} {given[1]}"
