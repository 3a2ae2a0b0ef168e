"""Names of made-up people: surnames about as frequent as in China, given names by gender, a few foreigners.

Own lists, no registry of persons. Surnames whose character is read otherwise elsewhere (曾 单 仇 解 区 查 朴 任 华 …) and
compound ones are in, because a search that fails on them is found out first at the counter.
"""

from __future__ import annotations

import random
from itertools import accumulate

_COMMON = (
    "王710 李720 张680 刘540 陈450 杨310 赵230 黄225 周210 吴205 徐170 孙155 胡130 朱125 高120 林118 何115 郭113 马105 罗100 "
    "梁85 宋81 郑78 谢72 韩68 唐65 冯64 于62 董61 萧59 程57 曹57 袁54 邓54 许54 傅51 沈50 曾50 彭49 吕47 苏46 卢46 蒋46 蔡46 "
    "贾42 丁41 魏41 薛39 叶39 阎37 余37 潘36 杜36 戴35 夏34 钟34 汪34 田34 任34 姜33 范31 方31 石30 姚30 谭29 廖29 邹28 熊27 "
    "金26 陆25 郝24 孔24 白23 崔23 康22 毛22 邱22 秦21 江21 史20 顾20 侯20 邵19 孟19 龙19 万18 段18 雷17 钱17 汤16 尹16 黎16 "
    "易15 常15 武15 乔14 贺14 赖14 龚13 文13"
)
_READ_TWO_WAYS = "单6 仇5 解5 区4 查5 朴4 华6 盖3 翟6 缪4 乐3 覃5 牟4 卜3 纪4 宁4 车4 万3 尉2 种1 员1 折1 晁2 谌2 隗1 郗1"
_COMPOUND = "欧阳6 上官3 司马3 诸葛3 尉迟2 皇甫2 令狐2 慕容2 东方1 夏侯2 司徒2 万俟1 单于1 长孙1 澹台1 端木1"
_MALE = "伟强磊军勇涛超明刚平辉健俊帆鹏飞斌浩宇轩博文凯杰志建国华东林海波峰龙翔宁毅康乐晨阳晓天泽子睿航睿诚松柏森源江川岩哲"
_FEMALE = "芳娜敏静丽艳娟霞秀英华慧玲巧美兰凤洁梅琳雪荣爱香月莺媛红春菊珍贞莉桂娣叶璧璐娅琦晶妍茜秋珊莎锦黛青倩婷姣婉怡欣雨梦诗涵佳瑶颖"
_FOREIGN = {
    "male": "James Oliver Lucas Mateo Noah Hugo Ivan Omar Kenji Liam Rafael Tomas".split(),
    "female": "Emma Olivia Sofia Amelia Chloe Hana Ingrid Lucia Nadia Priya Yuki Zoe".split(),
}
_FAMILY = "Smith Johansson Garcia Müller Rossi Dubois Tanaka Petrov Nguyen O'Brien Silva Kowalski Haddad Jensen Patel Kim".split()
FOREIGN_SHARE = 0.015
ONE_CHARACTER_SHARE = 0.22


def _weighted(text: str) -> list[tuple[str, int]]:
    return [(item.rstrip("0123456789"), int(item.lstrip("".join(set(item) - set("0123456789"))))) for item in text.split()]


_SURNAMES = [*_weighted(_COMMON), *_weighted(_READ_TWO_WAYS), *_weighted(_COMPOUND)]
SURNAMES = tuple(name for name, _ in _SURNAMES)
_WEIGHTS = tuple(accumulate(weight for _, weight in _SURNAMES))


def draw_surname(draw: random.Random) -> str:
    """Draw a Chinese surname."""
    return draw.choices(SURNAMES, cum_weights=_WEIGHTS)[0]


def draw_given(draw: random.Random, gender: str) -> str:
    """Draw a given name of one or two characters for `male` or `female`."""
    letters = _MALE if gender == "male" else _FEMALE
    first = draw.choice(letters)
    return first if draw.random() < ONE_CHARACTER_SHARE else first + draw.choice(letters)


def draw_name(draw: random.Random, gender: str) -> tuple[str, bool]:
    """Draw a full name: (the name, whether it is a foreigner's, to be written to in English)."""
    if draw.random() < FOREIGN_SHARE:
        return f"{draw.choice(_FOREIGN[gender])} {draw.choice(_FAMILY)}", True
    return draw_surname(draw) + draw_given(draw, gender), False
