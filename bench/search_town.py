"""A million customers with the names and addresses of a large city, made inside PostgreSQL."""

# ruff: noqa: E501 - SQL and lists of names

import psycopg
from psycopg import sql

ORG = 1
# Share of the commonest surnames, per thousand; others share the rest.
SURNAMES = (
    "王72 李71 张68 刘54 陈45 杨31 赵21 黄22 周20 吴20 徐17 孙16 胡13 朱13 高11 林12 何12 郭11 马11"
    " 罗9 梁9 宋8 郑8 谢8 韩7 唐7 冯6 于6 董6 萧6 程6 曹6 袁6 邓6 许6 傅5 沈5 曾5 彭5 吕5 苏5 卢5 蒋5"
    " 蔡5 贾4 丁4 魏4 薛4 叶4 阎4 余4 潘4 杜4 戴4 夏4 钟4 汪4 田4 任4 姜4 范4 方4 石4 姚4 谭4 廖4"
    " 邹4 熊4 金4 陆4 郝4 孔3 白3 崔3 康3 毛3 邱3 秦3 江3 史3 顾3 侯3 邵3 孟3 龙3 万3 段3 单2 欧阳2 仇1"
)
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂华建国志文玉红春梅小海波宇浩晨欣怡子涵梓轩雨泽佳"
    "思源嘉豪俊雪琳婷倩瑶颖慧莹燕鹏飞龙云峰山林森松柏青山河江湖东南西北中天地永长安康乐福寿喜庆祥瑞"
)
DISTRICTS = [
    "东城区",
    "西城区",
    "朝阳区",
    "丰台区",
    "石景山区",
    "海淀区",
    "门头沟区",
    "房山区",
    "通州区",
    "顺义区",
    "昌平区",
    "大兴区",
    "怀柔区",
    "平谷区",
    "密云区",
    "延庆区",
]
STEMS = [
    "和平",
    "建国",
    "解放",
    "人民",
    "中山",
    "朝阳",
    "光明",
    "复兴",
    "长安",
    "新华",
    "学院",
    "北辰",
    "安定",
    "德胜",
    "阜成",
    "西直",
    "东直",
    "广渠",
    "永定",
    "白云",
    "玉泉",
    "知春",
    "成府",
    "清华",
    "颐和",
    "香山",
    "五棵松",
    "万寿",
    "翠微",
    "莲花",
    "丰台",
    "卢沟",
    "马家",
    "方庄",
    "潘家园",
    "双井",
    "劲松",
    "百子湾",
    "大望",
    "呼家楼",
    "团结湖",
    "亮马",
    "麦子店",
    "酒仙",
    "望京",
    "来广营",
    "天通",
    "回龙",
    "霍营",
    "西三旗",
    "上地",
    "西二旗",
    "沙河",
    "南口",
    "亦庄",
    "旧宫",
    "黄村",
    "良乡",
    "长阳",
    "梨园",
    "果园",
    "九棵树",
    "潞城",
    "胜利",
    "府前",
    "石园",
    "仁和",
    "后沙峪",
    "天竺",
    "首都",
    "杨镇",
    "怀北",
    "青春",
    "开放",
    "金海",
    "滨河",
    "兴谷",
    "果园",
    "鼓楼",
    "沙河",
    "妫水",
    "湖南",
]
ENDS = ("路", "大街", "街", "东路", "西路", "南路", "北路", "一街", "二街", "三街", "胡同", "巷")
FEEDERS, TRANSFORMERS, POLES = 400, 8_000, 20_000

_DICE = """
CREATE FUNCTION pg_temp.pick(list text[]) RETURNS text LANGUAGE sql VOLATILE AS
$$ SELECT list[1 + floor(random() * array_length(list, 1))::int] $$
"""
_NETWORK = """
INSERT INTO network_node (org_id, id, parent_id, kind, code, name_zh, name_en)
SELECT 1, gen_random_uuid(), NULL, 'feeder', format('F%%s', lpad(n::text, 4, '0')),
    '10kV' || (%(stems)s::text[])[1 + n %% %(stem_count)s] || (n / %(stem_count)s + 1) || '线',
    'line ' || n FROM generate_series(1, %(feeders)s) n;
INSERT INTO network_node (org_id, id, parent_id, kind, code, name_zh, name_en)
SELECT 1, gen_random_uuid(), f.id, 'transformer', format('%%s-T%%s', f.code, lpad(n::text, 2, '0')),
    substr(f.name_zh, 5) || n || '号公变', f.name_en || ' transformer ' || n
FROM network_node f, generate_series(1, %(per_feeder)s) n WHERE f.kind = 'feeder';
INSERT INTO network_node (org_id, id, parent_id, kind, code, name_zh, name_en)
SELECT 1, gen_random_uuid(), f.id, 'pole', format('%%s-P%%s', f.code, lpad(n::text, 3, '0')),
    substr(f.name_zh, 5) || n || '号杆', f.name_en || ' pole ' || n
FROM network_node f, generate_series(1, %(poles)s) n WHERE f.kind = 'feeder';
"""
_PEOPLE = """
CREATE TABLE made AS
SELECT n, gen_random_uuid() AS customer, gen_random_uuid() AS premise,
    pg_temp.pick(%(surnames)s) || pg_temp.pick(%(given)s)
        || CASE WHEN random() < 0.75 THEN pg_temp.pick(%(given)s) ELSE '' END AS name,
    1 + floor(power(random(), 1.5) * 16)::int AS district,
    pg_temp.pick(%(stems)s) AS stem, pg_temp.pick(%(ends)s) AS kind,
    '北京市' AS city,
    1 + floor(power(random(), 2) * 400)::int AS house,
    (1 + floor(random() * 20))::int AS building, (1 + floor(random() * 6))::int AS stair,
    ((1 + floor(random() * 24)) * 100 + 1 + floor(random() * 4))::int AS room,
    '+861' || (ARRAY['30','31','33','35','36','37','38','39','50','51','52','55','58','59','70',
        '76','80','81','82','86','87','88','89','99'])[1 + floor(random() * 24)::int]
        || lpad(floor(random() * 100000000)::bigint::text, 8, '0') AS phone,
    CASE WHEN random() < 0.004 THEN 'second' ELSE 'ordinary' END AS importance,
    1 + floor(random() * %(transformers)s)::int AS transformer
FROM generate_series(1, %(count)s) n
"""
_DIRECTORY = """
INSERT INTO premise (org_id, id, region_id, code, address_zh, area_class)
SELECT 1, premise, r.id, 'P' || lpad(n::text, 9, '0'),
    city || r.name_zh || stem || kind || house || '号' || building || '号楼' || stair || '单元'
        || room || '室', 'urban'
FROM made JOIN (SELECT id, name_zh, row_number() OVER (ORDER BY code) AS place FROM region
    WHERE org_id = 1) r ON r.place = district;
INSERT INTO customer (org_id, id, number, name_zh, importance)
SELECT 1, customer, '11' || lpad(((n * 7919::bigint) %% 100000000)::text, 8, '0'), name, importance FROM made;
INSERT INTO customer_phone (org_id, customer_id, number, verified)
SELECT 1, customer, phone, true FROM made;
INSERT INTO service_point (org_id, id, customer_id, premise_id, transformer_id, meter)
SELECT 1, gen_random_uuid(), customer, premise, t.id, '0111' || lpad(((n * 104729::bigint) %% 1000000007)::text, 10, '0')
FROM made JOIN (SELECT id, row_number() OVER (ORDER BY code) AS place FROM network_node
    WHERE org_id = 1 AND kind = 'transformer') t ON t.place = transformer;
DROP TABLE made;
"""


def make(connection: psycopg.Connection, count: int) -> None:
    """Organisation, regions, network, customers, premises, phones, meters; analysed."""
    cur = connection.cursor()
    _drop_foreign_keys(cur)
    cur.execute("SELECT setseed(0.5)")
    cur.execute(
        "INSERT INTO organisation (id, code, name_zh, name_en, created_at)"
        " VALUES (1, 'bench', '测', 'bench', '2026-01-01T00:00Z')"
    )
    for number, name in enumerate(DISTRICTS):
        cur.execute(
            "INSERT INTO region (org_id, id, code, name_zh, name_en)"
            " VALUES (1, gen_random_uuid(), %s, %s, %s)",
            (f"{110101 + number}", name, f"District {number}"),
        )
    cur.execute(_DICE)
    surnames = [one.rstrip("0123456789") for one in SURNAMES.split() for _ in range(_share(one))]
    values = {
        "count": count,
        "surnames": surnames,
        "given": list(GIVEN),
        "stems": STEMS,
        "stem_count": len(STEMS),
        "ends": list(ENDS),
        "feeders": FEEDERS,
        "per_feeder": TRANSFORMERS // FEEDERS,
        "poles": POLES // FEEDERS,
        "transformers": TRANSFORMERS,
    }
    for script in (_NETWORK, _PEOPLE, _DIRECTORY):
        for statement in script.split(";"):
            if statement.strip():
                cur.execute(_filled(statement, values))
    connection.commit()
    cur.execute("ANALYZE customer, premise, customer_phone, service_point, network_node, region")
    connection.commit()


def _drop_foreign_keys(cur: psycopg.Cursor) -> None:
    """They fit by making; to check millions of them takes minutes."""
    cur.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'"
        " AND conrelid::regclass::text IN"
        " ('customer', 'premise', 'customer_phone', 'service_point', 'network_node')"
    )
    for table, name in cur.fetchall():
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        cur.execute(drop.format(sql.Identifier(table), sql.Identifier(name)))


def _share(one: str) -> int:
    return int("".join(sign for sign in one if sign.isdigit()))


def _filled(statement: str, values: dict[str, object]) -> sql.Composed:
    """With literals in it: parameters of several types of one name confuse the server."""
    found = statement
    for name, value in values.items():
        found = found.replace(f"%({name})s", sql.Literal(value).as_string(None))
    return sql.SQL(found.replace("%%", "%").replace("{", "{{").replace("}", "}}")).format()
