"""A generator of labelled clinical notes in English and Chinese, every one invented, to measure PHI finding with.

The notes are put together from phrases whose wording, names, places and number formats were written independently of
the patterns in `nlp/phi`: people's names come from lists of their own, identifiers are drawn at random in the formats
that hospitals use, and between them stand the things that look like identifiers and are none (blood pressures, scores,
doses, eponyms, codes). A phrase marks an identifier as `{KIND}` or `{KIND:form}`; the label is where its value lands.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

_SLOT = re.compile(r"\{([A-Z_]+)(?::([a-z_]+))?\}")


@dataclass(frozen=True, slots=True)
class Note:
    """One invented note and where its identifiers are."""

    text: str
    lang: str
    spans: tuple[tuple[int, int, str], ...]
    """(start, end, kind) in order."""


# --- values ----------------------------------------------------------------------------------------------------------

EN_GIVEN = [
    "Marguerite",
    "Delroy",
    "Tamsin",
    "Aurelio",
    "Bettina",
    "Cormac",
    "Dorothea",
    "Evander",
    "Florian",
    "Ghislaine",
    "Horatio",
    "Ileana",
    "Jocasta",
    "Kofi",
    "Leopold",
    "Marisol",
    "Nanette",
    "Orville",
    "Philippa",
    "Quentin",
    "Rosalind",
    "Stellan",
    "Thandiwe",
    "Ulrich",
    "Verity",
    "Winston",
    "Xiomara",
    "Yolanda",
    "Zebulon",
    "Barnaby",
    "Clementine",
    "Dashiell",
    "Eloise",
    "Fitzgerald",
    "Gwendolyn",
    "Hyacinth",
    "Isidore",
    "Juniper",
    "Lachlan",
    "Mireille",
    "James",
    "Mary",
    "Robert",
    "Linda",
    "Patricia",
    "Michael",
    "Susan",
    "Karen",
    "Daniel",
    "Maria",
    "Olumide",
    "Priyanka",
    "Siddharth",
    "Hyejin",
    "Thuy",
    "Abdullahi",
    "Katarzyna",
    "Zbigniew",
    "Anneliese",
    "Bartholomew",
    "Concepcion",
    "Shanelle",
    "DeShawn",
    "Marylou",
    "Teddy",
    "Gus",
    "Hattie",
]
EN_FAMILY = [
    "Abernathy",
    "Blumenfeld",
    "Castellanos",
    "Drummond",
    "Eisenhauer",
    "Featherstone",
    "Gallagher",
    "Hollingsworth",
    "Iwanski",
    "Jankowski",
    "Kilpatrick",
    "Lindqvist",
    "MacAllister",
    "Nakagawa",
    "O'Donoghue",
    "Pemberton",
    "Quintanilla",
    "Rasmussen",
    "Szymanski",
    "Thibodeaux",
    "Underhill",
    "Villanueva",
    "Wainwright",
    "Yarborough",
    "Zimmermann",
    "Ashworth",
    "Beauregard",
    "Chaudhuri",
    "Dickerson",
    "Espinoza",
    "Fairweather",
    "Goldschmidt",
    "Huxtable",
    "Ingersoll",
    "Jefferies",
    "Kowalczyk",
    "Lombardi",
    "McGillicuddy",
    "Nwachukwu",
    "Oyelaran",
    "Petrov",
    "Rutherford",
    "Stavros",
    "Tran",
    "Nguyen",
    "Vance",
    "Whitaker",
    "Smith-Jones",
    "Garcia-Lopez",
    "Patel",
    "Kim",
    "Osei",
    "Baptiste",
    "Adeyemi",
]
ZH_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗宋郑谢韩唐冯于董萧曹邓许沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜夏钟汪田任姜范方石谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文".strip()
ZH_GIVEN = [
    "建军",
    "志强",
    "秀英",
    "淑兰",
    "桂芳",
    "晓东",
    "雨欣",
    "子轩",
    "浩然",
    "梓涵",
    "丽华",
    "国庆",
    "红霞",
    "海燕",
    "永强",
    "春花",
    "德胜",
    "玉梅",
    "文博",
    "思远",
    "佳怡",
    "一诺",
    "雅琴",
    "伟",
    "敏",
    "静",
    "磊",
    "娜",
    "涛",
    "军",
    "艳",
    "杰",
    "娟",
    "超",
    "霞",
    "平",
    "刚",
    "芳",
    "勇",
    "丽",
    "斌",
    "鹏",
    "洁",
    "琳",
    "欣",
    "倩",
    "俊杰",
    "美玲",
    "卫东",
    "爱民",
    "凤英",
    "金凤",
    "小红",
    "大勇",
    "翠莲",
    "宝珠",
    "立新",
    "家豪",
    "诗涵",
    "嘉琪",
    "振华",
    "铁柱",
    "长根",
    "素珍",
    "惠敏",
    "云飞",
    "瑞祥",
    "兆丰",
    "锦程",
    "启明",
    "书瑶",
    "若彤",
    "泽宇",
    "忠良",
    "喜顺",
    "水生",
    "彩虹",
    "冬梅",
    "丹丹",
    "婷婷",
]
ZH_COMPOUND = ["欧阳", "诸葛", "上官", "司马"]
EN_STREETS = "Wisteria Marlborough Cobblestone Larkspur Tamarack Beaumont Juniper Hollow|Old Mill|Saint Charles|Quarry|Bayview|Peachtree|Kingfisher".replace(" Beaumont", "|Beaumont").replace("Wisteria Marlborough Cobblestone Larkspur Tamarack", "Wisteria|Marlborough|Cobblestone|Larkspur|Tamarack").split("|")  # fmt: skip
EN_STREET_KINDS = [
    "Street",
    "Avenue",
    "Lane",
    "Drive",
    "Road",
    "Court",
    "Blvd",
    "St.",
    "Ave",
    "Rd",
    "Terrace",
    "Place",
    "Way",
    "Circle",
]
EN_TOWNS = ["Kalamazoo", "Bakersfield", "Fort Wayne", "Tuscaloosa", "Sioux Falls", "Chattanooga", "Boise", "Eau Claire", "Walla Walla", "Poughkeepsie", "Rockford", "Las Cruces", "Duluth", "Savannah"]  # fmt: skip
EN_STATES = ["MI", "CA", "IN", "AL", "SD", "TN", "ID", "WI", "WA", "NY", "IL", "NM", "MN", "GA"]
ZH_TOWNS = [
    "湖北省武汉市洪山区",
    "广东省深圳市南山区",
    "四川省成都市武侯区",
    "北京市海淀区",
    "上海市浦东新区",
    "浙江省杭州市西湖区",
    "河南省信阳市固始县",
    "江苏省南京市鼓楼区",
    "山东省青岛市市南区",
    "陕西省西安市雁塔区",
    "湖南省长沙市岳麓区",
    "辽宁省大连市沙河口区",
    "重庆市渝北区",
    "福建省厦门市思明区",
]
ZH_ROADS = [
    "珞喻路",
    "科技园南路",
    "人民南路四段",
    "中关村大街",
    "世纪大道",
    "文三路",
    "红旗路",
    "中山北路",
    "香港中路",
    "长安南路",
    "麓山南路",
    "建设大街",
    "龙溪街道",
    "莲前西路",
    "幸福小区",
    "阳光花园",
    "东风巷",
]
EN_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


class _Values:
    """Draws values; the people of a note stay the same through it."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.given, self.family = rng.choice(EN_GIVEN), rng.choice(EN_FAMILY)
        self.chinese = self._chinese_name()

    def _digits(self, n: int) -> str:
        return str(self.rng.randint(1, 9)) + "".join(str(self.rng.randint(0, 9)) for _ in range(n - 1))

    def _chinese_name(self) -> str:
        rng = self.rng
        return (rng.choice(ZH_COMPOUND) if rng.random() < 0.04 else rng.choice(ZH_FAMILY)) + rng.choice(ZH_GIVEN)

    def name(self, form: str) -> str:
        rng = self.rng
        if form == "zh":
            return self.chinese
        if form == "zh_other":
            return self._chinese_name()
        if form == "zh_family":
            return rng.choice(ZH_FAMILY)
        if form == "family":
            return self.family
        if form == "given":
            return self.given
        if form == "last_first":
            return f"{self.family}, {self.given}" + rng.choice(
                ["", f" {rng.choice('ABCDEJKLMR')}", f" {rng.choice('ABCDEJKLMR')}."]
            )
        if form == "caps":
            return (
                f"{self.family}, {self.given}".upper() if rng.random() < 0.5 else f"{self.given} {self.family}".upper()
            )
        if form == "other":
            return f"{rng.choice(EN_GIVEN)} {rng.choice(EN_FAMILY)}"
        if form == "other_family":
            return rng.choice(EN_FAMILY)
        if form == "other_given":
            return rng.choice(EN_GIVEN)
        if form == "other_initial":
            return f"{rng.choice('ABCDEFGHJKLMNPRSTW')}. {rng.choice(EN_FAMILY)}"
        return (
            f"{self.given} {self.family}"
            if rng.random() < 0.7
            else f"{self.given} {rng.choice('ABCDEJKLMR')}. {self.family}"
        )

    def date(self, form: str) -> str:
        rng = self.rng
        year, month, day = rng.randint(1931, 2024), rng.randint(1, 12), rng.randint(1, 28)
        if form == "zh":
            numerals = "〇一二三四五六七八九"
            return rng.choice([
                f"{year}年{month}月{day}日", f"{year}-{month:02}-{day:02}", f"{year}/{month}/{day}", f"{year}.{month:02}.{day:02}",
                f"{month}月{day}日", f"{year}年{month}月", f"{month}月{day}号", f"{year}年{month:02}月{day:02}日",
                "".join(numerals[int(c)] for c in str(year)) + f"年{numerals[min(month, 9)]}月{numerals[day % 9 + 1]}日",
            ])  # fmt: skip
        name = EN_MONTHS[month - 1]
        suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
        if form == "full":
            return rng.choice([f"{month:02}/{day:02}/{year}", f"{name} {day}, {year}", f"{year}-{month:02}-{day:02}", f"{day} {name} {year}", f"{day:02}-{name[:3].upper()}-{year}", f"{month}/{day}/{year % 100:02}"])  # fmt: skip
        return rng.choice([
            f"{month}/{day}/{year}", f"{month:02}-{day:02}-{year}", f"{name} {day}, {year}", f"{name} {day}{suffix}", f"{name[:3]} {day}, {year}",
            f"{day} {name} {year}", f"the {day}{suffix} of {name}", f"{name} {year}", f"{year}-{month:02}-{day:02}", f"{day:02}.{month:02}.{year}",
            f"{day}-{name[:3]}-{year % 100:02}", f"{month}/{day}/{year % 100:02}",
        ]).removeprefix("the ")  # fmt: skip

    def phone(self, form: str) -> str:
        rng = self.rng
        if form == "zh":
            mobile = rng.choice(["138", "139", "150", "177", "186", "199"]) + self._digits(8)
            return rng.choice([mobile, mobile, f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}", f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}", f"+86 {mobile}", f"0{rng.choice(['27', '755', '10', '571'])}-{rng.randint(2, 8)}{self._digits(7)}"])  # fmt: skip
        area, exchange, line = rng.randint(203, 979), rng.randint(220, 989), self._digits(4)
        return rng.choice([f"({area}) {exchange}-{line}", f"{area}-{exchange}-{line}", f"{area}.{exchange}.{line}", f"+1 {area} {exchange} {line}", f"1-{area}-{exchange}-{line}", f"{area} {exchange} {line}", f"+44 20 7{self._digits(3)} {self._digits(4)}"])  # fmt: skip

    def address(self, form: str) -> str:
        rng = self.rng
        if form == "zh":
            tail = rng.choice([f"{rng.randint(1, 999)}号", f"{rng.randint(1, 99)}号{rng.randint(1, 20)}栋{rng.randint(1, 4)}单元{rng.randint(101, 2504)}室", f"{rng.randint(1, 60)}号院{rng.randint(1, 20)}号楼{rng.randint(101, 999)}"])  # fmt: skip
            return rng.choice(ZH_TOWNS) + rng.choice(ZH_ROADS) + tail
        if form == "zh_town":
            return rng.choice(
                ["湖北省黄冈市", "河南省信阳市固始县", "贵州省遵义市", "山东省临沂市", "安徽省阜阳市太和县", "江西赣州"]
            )
        if form == "town":
            return rng.choice(EN_TOWNS) + (f", {rng.choice(EN_STATES)}" if rng.random() < 0.5 else "")
        street = f"{rng.randint(2, 9899)} {rng.choice(['', '', 'N ', 'West ', 'E. '])}{rng.choice(EN_STREETS)} {rng.choice(EN_STREET_KINDS)}"
        unit = rng.choice(
            [
                "",
                "",
                f", Apt {rng.randint(1, 40)}",
                f" #{rng.randint(1, 300)}",
                f", Unit {rng.randint(1, 9)}{rng.choice('ABC')}",
            ]
        )
        return f"{street}{unit}, {rng.choice(EN_TOWNS)}, {rng.choice(EN_STATES)} {self._digits(5)}"

    def email(self, form: str) -> str:
        rng = self.rng
        user = rng.choice([f"{self.given}.{self.family}".lower().replace("'", ""), f"{self.family.lower().replace(chr(39), '')}{rng.randint(1, 99)}", f"{self.given[0].lower()}_{self.family.lower().replace(chr(39), '')}", f"zhang{rng.randint(100, 999)}wei"])  # fmt: skip
        return (
            f"{user}@{rng.choice(['mailbox.example.org', 'gmail.com', '163.com', 'qq.com', 'nhs.net', 'st-anne.edu'])}"
        )

    def id_card(self, form: str) -> str:
        rng = self.rng
        body = f"{rng.choice(['420111', '110108', '330106', '510107', '440305', '411525'])}{rng.randint(1930, 2019)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}{rng.randint(1, 999):03}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]

    def bank_card(self, form: str) -> str:
        body = self.rng.choice(["62", "4", "55"]) + self._digits(15)
        body = body[:15]
        total = sum(sum(divmod(int(c) * 2, 10)) if i % 2 == 0 else int(c) for i, c in enumerate(reversed(body)))
        card = body + str(-total % 10)
        return card if self.rng.random() < 0.5 else " ".join(card[i : i + 4] for i in range(0, 16, 4))

    def age(self, form: str) -> str:
        return str(self.rng.randint(90, 104))

    def record(self, form: str) -> str:
        rng = self.rng
        return rng.choice([self._digits(8), self._digits(7), f"{rng.choice('ABHMZ')}{self._digits(7)}", f"00{self._digits(6)}", f"{self._digits(3)}-{self._digits(2)}-{self._digits(3)}" if form != "zh" else f"ZY{self._digits(9)}"])  # fmt: skip

    def insurance(self, form: str) -> str:
        rng = self.rng
        return rng.choice([f"{rng.choice(['XQB', 'WJP', 'K'])}{self._digits(9)}", self._digits(10), f"{self._digits(4)}-{self._digits(5)}"]) if form != "zh" else rng.choice([self._digits(10), f"{rng.choice('ABCD')}{self._digits(8)}", self._digits(12)])  # fmt: skip

    def account(self, form: str) -> str:
        return (
            self.rng.choice([self._digits(10), self._digits(8), f"{self._digits(4)}-{self._digits(6)}"])
            if form != "zh"
            else self._digits(12)
        )

    def license(self, form: str) -> str:
        return (
            self.rng.choice([f"{self.rng.choice('ABCDGM')}{self._digits(7)}", self._digits(10)])
            if form != "zh"
            else self._digits(self.rng.choice([12, 15]))
        )

    def vehicle(self, form: str) -> str:
        rng = self.rng
        letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
        if form == "zh":
            return (
                rng.choice("京鄂粤川浙豫苏")
                + rng.choice("ABCDEF")
                + "".join(rng.choice("ABCDEFGH0123456789") for _ in range(3))
                + self._digits(2)
            )
        if form == "vin":
            return (
                "1HGCM"
                + "".join(rng.choice(letters + "0123456789") for _ in range(6))
                .replace("Q", "R")
                .replace("O", "P")
                .replace("I", "J")
                + self._digits(6)
            )
        return rng.choice(
            [
                f"{rng.randint(1, 9)}{''.join(rng.choice(letters) for _ in range(3))}{self._digits(3)}",
                f"{''.join(rng.choice(letters) for _ in range(3))}-{self._digits(4)}",
            ]
        )

    def device(self, form: str) -> str:
        return self.rng.choice(
            [
                f"SN{self._digits(8)}",
                f"{self.rng.choice(['PJN', 'BLD', 'MDT'])}{self._digits(6)}{self.rng.choice('HSG')}",
                f"{self._digits(4)}-{self._digits(5)}",
            ]
        )

    def url(self, form: str) -> str:
        rng = self.rng
        return rng.choice([f"https://mychart.st-anne.example/patients/{self._digits(6)}", f"http://emr.cityhosp.example.cn/view?patientId={self._digits(8)}", f"https://results.example.com/report?mrn={self._digits(7)}&lang=en", f"https://www.facebook.com/{self.given.lower()}.{self._digits(4)}"])  # fmt: skip

    def ip(self, form: str) -> str:
        return ".".join(str(self.rng.randint(32, 250)) for _ in range(4))

    def biometric(self, form: str) -> str:
        return self.rng.choice([f"FP-{self._digits(6)}", f"VP{self._digits(5)}", f"{self._digits(8)}"])

    def photo(self, form: str) -> str:
        return self.rng.choice(
            [
                f"IMG_{self._digits(4)}.jpg",
                f"DSC{self._digits(5)}.JPG",
                f"face_{self._digits(3)}.png",
                f"wound-{self._digits(6)}.jpeg",
            ]
        )

    def passport(self, form: str) -> str:
        return (
            self.rng.choice(["E", "G", "EJ", "P"]) + self._digits(8)
            if form == "zh"
            else self.rng.choice([self._digits(9), f"C{self._digits(8)}"])
        )

    def social(self, form: str) -> str:
        rng = self.rng
        return rng.choice([f"wxid_{self._digits(6)}", f"{rng.choice(['sunny', 'laowang', 'mm', 'xiaoyu'])}{self._digits(5)}", f"{rng.choice(['li', 'chen'])}_{rng.choice(['happy', 'doctor'])}{self._digits(2)}", self._digits(9)])  # fmt: skip

    def ssn(self, form: str) -> str:
        return f"{self.rng.randint(101, 665)}-{self.rng.randint(10, 99)}-{self._digits(4)}"

    def other_id(self, form: str) -> str:
        rng = self.rng
        return rng.choice(
            [
                f"S{rng.randint(15, 24)}-{self._digits(5)}",
                self._digits(8),
                f"{rng.choice(['CT', 'P', 'B'])}{self._digits(7)}",
            ]
        )


# --- phrases ---------------------------------------------------------------------------------------------------------

EN_HEADERS = (
    "Patient: {NAME}\nMRN: {RECORD}\nDOB: {DATE:full}\n",
    "NAME: {NAME:caps}\nMEDICAL RECORD #: {RECORD}\nDATE OF BIRTH: {DATE:full}   SEX: F\n",
    "| Patient name | {NAME:last_first} |\n| MRN | {RECORD} |\n| Date of birth | {DATE:full} |\n",
    "Re: {NAME}\nHospital No: {RECORD}\nD.O.B.: {DATE:full}\n",
    "Pt Name: {NAME:last_first}   Chart No. {RECORD}   Birth date: {DATE:full}\n",
    "**Patient Name:** {NAME}\n**Encounter #:** {RECORD}\n**Admission Date:** {DATE:full}\n",
    "{NAME}, a 57-year-old woman (MRN {RECORD}), was admitted on {DATE}.\n",
    "{NAME:other} is a 34 y/o male seen on {DATE} for follow up. Medical record number {RECORD}.\n",
    "Client: {NAME:last_first}  |  Patient ID {RECORD}  |  Seen: {DATE:full}\n",
    "Full name: {NAME}. Case number: {RECORD}. Date of admission: {DATE:full}.\n",
)
EN_NAMES = (
    "Mr. {NAME:family} was brought in by his daughter, {NAME:other_given}.",
    "Dr. {NAME:other_family} reviewed the films.",
    "Discussed with {NAME:other}, who agrees with the plan.",
    "Ms. {NAME:other_family} from social work called the family.",
    "The case was presented by Dr {NAME:other} at rounds.",
    "His wife {NAME:other_given} manages the pillbox.",
    "Emergency contact: {NAME:other} (sister).",
    "Seen and examined with {NAME:other}, MD.",
    "Report dictated by {NAME:other_initial}, RN.",
    "Prof. {NAME:other_family} was consulted.",
    "PCP: Dr. {NAME:other}.",
    "{NAME:family} tolerated the procedure well.",
    "Her husband, {NAME:other}, was at the bedside.",
    "Attending: {NAME:other}",
    "Mrs. {NAME:other_family} asks for a second opinion.",
    "Nurse {NAME:other_family} gave the evening dose.",
    "My name is {NAME:other} and I look after her at home.",
    "Spoke with {NAME:other} at the pharmacy.",
)
EN_DATES = (
    "She was last seen on {DATE}.", "Colonoscopy done {DATE} was normal.", "The symptoms began in {DATE:full}.",
    "Return visit scheduled for {DATE}.", "CT of the chest from {DATE} shows no change.", "Discharged {DATE}.",
    "Sutures to be removed by {DATE}.", "Date of surgery: {DATE:full}.", "Immunized {DATE}; next dose due {DATE}.",
)  # fmt: skip
EN_OTHERS = (
    "Phone: {PHONE}.", "Call {PHONE} with questions.", "Cell {PHONE}, home {PHONE}.", "Daughter can be reached at {PHONE}.", "Pager {PHONE}.",
    "Fax: {FAX}.", "Results were faxed to {FAX:plain}.", "Email: {EMAIL}.", "She prefers e-mail ({EMAIL}).", "Write to {EMAIL} for the forms.",
    "Address: {ADDRESS}\n", "She lives at {ADDRESS}.", "Mail the letter to {ADDRESS}.", "He lives in {ADDRESS:town}.", "Patient is a resident of {ADDRESS:town}.",
    "SSN {SSN}.", "Social Security Number: {SSN}.", "SS# {SSN}.",
    "Member ID: {INSURANCE}.", "Policy number {INSURANCE}.", "Medicare #: {INSURANCE}.", "Subscriber ID {INSURANCE}, group plan.", "Health plan beneficiary number: {INSURANCE}.",
    "Account number: {ACCOUNT}.", "Acct # {ACCOUNT}.", "Billed to account {ACCOUNT}.",
    "Driver's license {LICENSE}.", "License No. {LICENSE}.", "DEA number: {LICENSE}.", "Medical license #{LICENSE}.",
    "Was driving a car, plate {VEHICLE}.", "License plate: {VEHICLE}.", "VIN: {VEHICLE:vin}.",
    "Pacemaker serial number {DEVICE}.", "Insulin pump S/N: {DEVICE}.", "Device ID {DEVICE}.",
    "Portal link: {URL}", "See {URL} for the images.",
    "Portal login from {IP}.", "IP address: {IP}.",
    "Fingerprint ID {BIOMETRIC}.", "Voiceprint: {BIOMETRIC}.", "Iris scan {BIOMETRIC} on file.",
    "Photo: {PHOTO}.", "Clinical photograph {PHOTO} uploaded.", "Image file {PHOTO} attached.",
    "Passport number: {PASSPORT}.", "Passport {PASSPORT}.",
    "Accession #: {OTHER_ID}.", "Specimen {OTHER_ID}.", "Study ID: {OTHER_ID}.", "Employee ID {OTHER_ID}.",
    "WeChat: {SOCIAL}.", "WhatsApp ID {SOCIAL}.",
    "Her mother is {AGE} years old.", "A {AGE}-year-old aunt has dementia.", "Age: {AGE}.", "Grandfather died aged {AGE}.",
    "Credit card {BANK_CARD} on file.", "Paid by card number {BANK_CARD}.",
)  # fmt: skip
EN_NEUTRAL = (
    "BP 132/78, HR 88, RR 16, SpO2 97% on room air.", "Strength 5/5 in all extremities.", "A 2/6 systolic murmur at the apex.",
    "Parkinson disease and Alzheimer dementia run in the family.", "Foley catheter in place.", "Started metformin 500 mg twice daily.",
    "Hodgkin lymphoma was excluded.", "WBC 11.2, Hgb 13.4, platelets 245, creatinine 0.9.", "Pain 4/10, better after ibuprofen 400 mg.",
    "Sodium 138, potassium 4.1, chloride 102.", "The patient denies chest pain, dyspnea, or palpitations.", "ICD-10 code I25.10, CPT 99213.",
    "Ejection fraction 55-60% by echocardiogram.", "Apgar scores 8 and 9.", "He quit smoking in 2009 after 20 pack years.", "Follow up in 2-3 weeks.",
    "Heparin 5000 units subcutaneously every 8 hours.", "Glasgow Coma Scale 15.", "A 45-year-old friend had the same symptoms.", "INR 2.3 on warfarin 5 mg.",
    "Crohn disease diagnosed in 1998.", "Vancomycin 1.25 g IV q12h, trough 17.", "Visual acuity 20/40 in the right eye.", "Gram stain showed Gram-positive cocci.",
    "Normal Saline at 75 mL/hr.", "Hepatitis B surface antigen negative.", "Blood cultures grew Staphylococcus aureus in 2/2 bottles.", "Ranson score 3.",
    "Patient Education was provided.", "Chest X-Ray: No Acute Disease.", "Vital Signs Stable.", "Review of Systems: Negative.", "Assessment and Plan:",
    "Bell palsy resolving.", "Lantus 18 units at bedtime.", "Discussed with Infectious Disease.", "Seen by Physical Therapy.", "Referred to Vascular Surgery.",
    "Evaluated by Cardiology, no further workup.", "Wells score 4.5.", "Coumadin held since Tuesday.", "Dry weight 72.5 kg.", "Cushing syndrome was considered.",
    "Baker cyst behind the left knee.", "White blood cells 3-5 per high power field.", "Colles fracture of the left wrist.", "Lives with her mother.", "Call with any new symptoms.",
)  # fmt: skip
EN_FOOTERS = (
    "\nElectronically signed by {NAME:other}, MD on {DATE:full}", "\nSincerely,\n{NAME:other}", "\nDictated by: {NAME:other_initial}\nT: {DATE:full}",
    "\nAttending physician: {NAME:last_first}", "\nSigned: {NAME:other}, NP", "\ncc: {NAME:other}, MD", "",
)  # fmt: skip

ZH_HEADERS = (
    "姓名：{NAME:zh}  性别：女  年龄：56岁  住院号：{RECORD:zh}\n",
    "患者姓名:{NAME:zh} 性别:男 出生日期:{DATE:zh} 门诊号:{RECORD:zh}\n",
    "| 姓名 | {NAME:zh} |\n| 病案号 | {RECORD:zh} |\n| 入院日期 | {DATE:zh} |\n",
    "{NAME:zh}，男，62岁，因“胸闷2天”于{DATE:zh}入院。病历号{RECORD:zh}。\n",
    "患者{NAME:zh}，女，45岁，{DATE:zh}收住我科，住院号{RECORD:zh}。\n",
    "姓 名：{NAME:zh}    登记号 {RECORD:zh}    就诊日期 {DATE:zh}\n",
    "【基本信息】{NAME:zh} 男 38岁 就诊卡号：{RECORD:zh}\n",
    "受检者：{NAME:zh}　体检编号：{RECORD:zh}　检查日期：{DATE:zh}\n",
)
ZH_NAMES = (
    "请{NAME:zh_family}主任会诊。", "主治医师：{NAME:zh_other}。", "{NAME:zh_other}医生查房后指示继续治疗。", "患者女儿{NAME:zh_other}陪同就诊。",
    "联系人：{NAME:zh_other}（配偶）。", "护士{NAME:zh_other}已宣教。", "手术由{NAME:zh_other}主刀。", "患者{NAME:zh}诉夜间咳嗽加重。", "{NAME:zh_other}女士来电咨询。",
    "医生您好，我叫{NAME:zh_other}，今年30岁。", "责任护士：{NAME:zh_other}", "其子{NAME:zh_other}签署知情同意书。", "{NAME:zh}病情平稳。", "{NAME:zh_family}教授建议手术。",
    "麻醉医师：{NAME:zh_other}，一助：{NAME:zh_other}。", "已告知家属{NAME:zh_other}病情。", "{NAME:zh_other}护士长组织讨论。", "病史陈述者：{NAME:zh_other}（丈夫）。",
)  # fmt: skip
ZH_DATES = (
    "患者于{DATE:zh}出现发热。", "{DATE:zh}复查CT示病灶缩小。", "末次月经{DATE:zh}。", "手术日期：{DATE:zh}。", "曾于{DATE:zh}在外院就诊。", "拟{DATE:zh}出院。", "出院时间：{DATE:zh}。",
    "自{DATE:zh}起口服阿司匹林。",
)  # fmt: skip
ZH_OTHERS = (
    "联系电话：{PHONE:zh}。", "手机{PHONE:zh}。", "家属电话 {PHONE:zh}。", "如有不适请拨打{PHONE:zh}。", "电话:{PHONE:zh}", "传真：{FAX:zh}。",
    "邮箱：{EMAIL}。", "电子邮件{EMAIL}", "家庭住址：{ADDRESS:zh}。", "现住{ADDRESS:zh}。", "家住{ADDRESS:zh}，务农。", "户籍地址:{ADDRESS:zh}\n", "籍贯{ADDRESS:zh_town}。", "来自{ADDRESS:zh_town}。",
    "身份证号：{ID_CARD}。", "身份证号码 {ID_CARD}。", "证件号码：{ID_CARD}", "（{ID_CARD}）",
    "医保卡号：{INSURANCE:zh}。", "社保号{INSURANCE:zh}。", "医保号: {INSURANCE:zh}。", "社会保障号码：{INSURANCE:zh}。",
    "银行卡号：{BANK_CARD}。", "退费至工行卡{BANK_CARD}。", "账号：{ACCOUNT:zh}。", "预交金账号 {ACCOUNT:zh}。", "驾驶证号：{LICENSE:zh}。", "医师执业证书编号：{LICENSE:zh}。",
    "车牌号：{VEHICLE:zh}。", "驾驶{VEHICLE:zh}轿车时发生车祸。", "起搏器序列号：{DEVICE}。", "设备编号：{DEVICE}。", "影像链接：{URL} 。", "登录IP：{IP}。", "IP地址为{IP}。",
    "指纹编号：{BIOMETRIC}。", "声纹ID {BIOMETRIC}。", "照片：{PHOTO}。", "面部照片{PHOTO}已归档。", "护照号：{PASSPORT:zh}。", "护照号码 {PASSPORT:zh}。",
    "微信号：{SOCIAL}。", "微信：{SOCIAL}", "QQ：{SOCIAL}。", "加微信{SOCIAL}咨询。", "病理号：{OTHER_ID}。", "检查号 {OTHER_ID}。", "标本号：{OTHER_ID}。",
    "其母{AGE}岁，健在。", "祖父{AGE}岁去世。", "年龄：{AGE}岁。",
)  # fmt: skip
ZH_NEUTRAL = (
    "患者高热，体温39.2℃，血压130/85mmHg。", "白细胞12.5×10^9/L，中性粒细胞82%。", "任何不适请随时就诊。", "石膏固定6周。", "黄疸逐渐消退。", "给予阿莫西林0.5g口服，每日3次。",
    "双肺呼吸音清，未闻及干湿啰音。", "安静休息，温水送服。", "既往体健，否认高血压、糖尿病史。", "患者平卧位，常规消毒铺巾。", "麻黄9g，白芍12g，黄芩10g，甘草6g。", "金黄色葡萄球菌阳性。",
    "马上完善心电图检查。", "宫颈光滑，子宫前位。", "关节活动度可，肌力5级。", "主任查房。", "医生建议手术治疗。", "护士已执行医嘱。", "患者方可进食。", "GCS评分15分。", "2型糖尿病10年。",
    "1998年行阑尾切除术。", "患者男性，已婚。", "血糖7.8mmol/L，糖化血红蛋白6.9%。", "帕金森病待排。", "于家中跌倒，左髋部疼痛3小时。", "家属要求出院。", "患者及家属知情同意。", "请心内科主任会诊。",
    "患者向家属说明病情。", "患儿反复咳嗽1周，加重2天。", "万古霉素谷浓度15.2mg/L。", "每次5ml，一日3次，饭后服用。", "T3-4平面以下感觉减退。", "请各位医生查收。", "应用头孢曲松2.0g静滴。", "时有头晕，无呕吐。",
    "患者女儿诉其夜间失眠。", "武汉地区流感高发。", "北京协和医院会诊意见同前。", "随访3个月，病情稳定。", "妻子体健。", "由护士协助翻身。", "与患者沟通后同意手术。", "张力性气胸。", "高血压3级，很高危。",
)  # fmt: skip
ZH_FOOTERS = (
    "\n医师签名：{NAME:zh_other}    {DATE:zh}", "\n记录者：{NAME:zh_other}", "\n报告医师:{NAME:zh_other} 审核医师:{NAME:zh_other}", "\n签名 {NAME:zh_other} {DATE:zh}", "\n住院医师：{NAME:zh_other}/主任医师：{NAME:zh_other}", "",
)  # fmt: skip

# --- second set: written after the patterns had been tuned on the first, to see how far the tuning carries ------------

EN_HEADERS_2 = (
    "PATIENT NAME........: {NAME:caps}\nMR NUMBER...........: {RECORD}\nADMITTED............: {DATE:full}\n",
    "This is a discharge summary for {NAME} (DOB {DATE:full}; MRN {RECORD}).\n",
    "Pt: {NAME:last_first} | Rm 412 | MR# {RECORD} | adm {DATE:full}\n",
    "Dear Dr. {NAME:other_family},\nThank you for referring {NAME}, whom I saw on {DATE}. Hospital number: {RECORD}.\n",
    "I had the pleasure of seeing {NAME} in the office on {DATE}. Chart # {RECORD}.\n",
    "Name (Last, First): {NAME:last_first}\nHospital ID: {RECORD}\nDate of service: {DATE:full}\n",
    "TRANSFER NOTE\nPatient's name: {NAME}; unit no. {RECORD}; transferred {DATE:full}\n",
    "{NAME} (MRN: {RECORD}) is a 71 year old retired teacher admitted {DATE}.\n",
)
EN_NAMES_2 = (
    "Pt's son {NAME:other_given} present at bedside.", "Consult Dr {NAME:other_family} regarding dialysis.", "RN {NAME:other_family} notified of the result.",
    "Scribe: {NAME:other}.", "Resident: {NAME:other} (PGY-2).", "Interpreter {NAME:other} assisted.", "Mother ({NAME:other_given}) states he is eating well.",
    "Her brother {NAME:other} donated a kidney.", "{NAME:other}, PharmD, reconciled the list.", "Under Dr. {NAME:other_family}'s care since spring.",
    "Anesthesia: {NAME:other}, CRNA.", "Surgeon of record: {NAME:other}.", "Next of kin is {NAME:other} (son).", "Verbal order from Dr. {NAME:other_initial}.",
    "Miss {NAME:other_family} is the school nurse.", "Family friend {NAME:other} drove her home.", "Witness: {NAME:other}", "Co-signed by {NAME:other}, DO.",
    "Handoff given to {NAME:other}, RN.", "Therapist {NAME:other} recommends a walker.",
)  # fmt: skip
EN_DATES_2 = (
    "Adm {DATE:full}, d/c {DATE:full}.", "Tetanus booster given {DATE}.", "DOS: {DATE:full}.", "Hospital stay from {DATE:full} to {DATE:full}.", "Labs ({DATE:full}) unremarkable.",
    "As of {DATE}, no recurrence.", "Next appt: {DATE}.", "Born {DATE:full} at term.", "MRI brain, {DATE:full}: normal.", "He died on {DATE:full}.",
)  # fmt: skip
EN_OTHERS_2 = (
    "Ph# {PHONE}.", "Tel. no. {PHONE}.", "Text him at {PHONE}.", "T: {PHONE}  F: {FAX}", "Contact number is {PHONE}.", "Her work number is {PHONE}.", "Fax no. {FAX}.",
    "Reach her via {EMAIL}.", "e-mail address: {EMAIL}", "Home: {ADDRESS}\n", "Residing at {ADDRESS}.", "Picked up from {ADDRESS}.", "Originally from {ADDRESS:town}.",
    "Moved here from {ADDRESS:town}.", "MBI {INSURANCE}.", "Insurance ID# {INSURANCE}.", "Medicaid ID {INSURANCE}.", "Group number: {INSURANCE}.", "Acct: {ACCOUNT}.",
    "Bank account no. {ACCOUNT}.", "DL# {LICENSE}.", "NPI {LICENSE}.", "Nursing license no. {LICENSE}.", "Plate number {VEHICLE}.", "Vehicle registration: {VEHICLE}.",
    "ICD generator serial no. {DEVICE}.", "Serial #: {DEVICE}.", "Report at {URL} .", "Accessed from {IP}.", "Retinal scan ID {BIOMETRIC}.", "Biometric ID: {BIOMETRIC}.",
    "See photo {PHOTO}.", "Picture {PHOTO} in chart.", "Travels on passport no. {PASSPORT}.", "Lab accession {OTHER_ID}.", "Subject number {OTHER_ID}.", "Rx # {OTHER_ID}.",
    "Badge number: {OTHER_ID}.", "WeChat ID: {SOCIAL}.", "Add me on WeChat {SOCIAL}.", "A great-uncle lived to age {AGE}.", "Neighbor is {AGE} yo.", "She is {AGE} years of age.",
    "Visa {BANK_CARD}.", "Debit card {BANK_CARD} declined.", "SSN: {SSN}", "soc sec no. {SSN}.",
)  # fmt: skip
EN_NEUTRAL_2 = (
    "T 37.2, P 72, BP 118/64.", "Graves disease, euthyroid.", "Lasix 40 mg daily.", "Romberg negative.", "Mini-Mental State 28/30.", "Bowel sounds present.", "Room air sat 94-96%.",
    "Type 2 Diabetes Mellitus.", "Physical Exam: Lungs clear.", "Chief Complaint: Cough.", "Ringer lactate 1000 mL.", "QTc 440 ms.", "Murphy sign absent.", "Ki-67 index 20-30%.",
    "Stage IIIB, T3N1M0.", "Dr. to review in the morning.", "Home Medications: None.", "Per protocol, drain removed.", "Called for critical value.", "With Contrast: No Acute Findings.",
    "Patient Instructions: Keep Dry.", "HbA1c 7.1 in May.", "Admit to Medicine.", "Bishop score 7.", "May resume diet.", "Will follow closely.", "Mark the site before surgery.", "Flu shot 2019.",
    "Wife reports snoring.", "Son has asthma.", "Lipid panel: LDL 101, HDL 45, TG 150.", "Grade 3/4 toxicity.", "Spine: L4-5 disc bulge, 3 x 4 x 5 mm.", "Ca 19-9 of 37.", "Zip technique used.",
    "Doppler negative for DVT.", "Epworth 10/24.", "1/2 tablet nightly.", "Sliding scale 2-4-6-8.", "Norco 5/325 mg every 6 hours.",
)  # fmt: skip
ZH_HEADERS_2 = (
    "姓名 {NAME:zh} 性别 男 年龄 70岁 病案号 {RECORD:zh} 入院日期 {DATE:zh}\n", "科室：骨科  床号：12  姓名：{NAME:zh}  ID号：{RECORD:zh}  日期：{DATE:zh}\n",
    "患者：{NAME:zh}（住院号：{RECORD:zh}），{DATE:zh}入院。\n", "产妇{NAME:zh}，女，29岁，病案号：{RECORD:zh}，{DATE:zh}分娩。\n", "患儿姓名：{NAME:zh}；门诊号 {RECORD:zh}；就诊时间：{DATE:zh}\n",
    "{NAME:zh} 女 33岁 住院号{RECORD:zh} {DATE:zh}\n", "出院小结\n姓名：{NAME:zh} 住院号：{RECORD:zh} 出院日期：{DATE:zh}\n", "病人{NAME:zh}，男性，51岁，就诊号{RECORD:zh}，{DATE:zh}来诊。\n",
)  # fmt: skip
ZH_NAMES_2 = (
    "经治医师{NAME:zh_other}。", "上级医师：{NAME:zh_other}。", "患者丈夫{NAME:zh_other}签字同意。", "术者：{NAME:zh_other}；助手：{NAME:zh_other}。", "{NAME:zh_other}主任医师查房。", "{NAME:zh_other}老师您好。",
    "{NAME:zh_family}大夫看过片子。", "家属（{NAME:zh_other}）要求转院。", "由护士{NAME:zh_other}执行。", "申请医师：{NAME:zh_other}。", "检验者：{NAME:zh_other}  审核者：{NAME:zh_other}\n", "儿子{NAME:zh_other}陪护。",
    "{NAME:zh_other}先生，您的报告已出。", "患者{NAME:zh}今晨体温正常。", "紧急联系人：{NAME:zh_other}，", "我是{NAME:zh_other}，想咨询一下。", "管床医生：{NAME:zh_other}", "会诊医师：{NAME:zh_other}（心内科）。",
)  # fmt: skip
ZH_DATES_2 = (
    "患者{DATE:zh}无明显诱因出现腹痛。", "{DATE:zh}查房记录：", "预产期{DATE:zh}。", "于{DATE:zh}行冠脉造影。", "{DATE:zh}至{DATE:zh}住院治疗。", "报告日期：{DATE:zh}", "死亡时间：{DATE:zh}。", "上次化疗时间为{DATE:zh}。",
)  # fmt: skip
ZH_OTHERS_2 = (
    "Tel：{PHONE:zh}。", "联系方式：{PHONE:zh}。", "本人电话{PHONE:zh}。", "手机号码为{PHONE:zh}。", "传真号码：{FAX:zh}。", "E-mail：{EMAIL}。", "请发至{EMAIL}。", "现住址：{ADDRESS:zh}。", "住址{ADDRESS:zh}。",
    "居住于{ADDRESS:zh}。", "联系地址：{ADDRESS:zh}；", "原籍{ADDRESS:zh_town}。", "户籍{ADDRESS:zh_town}。", "身份证：{ID_CARD}。", "公民身份号码{ID_CARD}。", "医保编号：{INSURANCE:zh}。", "社保卡号 {INSURANCE:zh}。",
    "新农合证号：{INSURANCE:zh}。", "卡号：{BANK_CARD}。", "信用卡{BANK_CARD}支付。", "银行账号：{ACCOUNT:zh}。", "驾照号{LICENSE:zh}。", "执业证号：{LICENSE:zh}。", "车牌{VEHICLE:zh}。", "救护车{VEHICLE:zh}送入。",
    "序列号：{DEVICE}。", "植入物编号 {DEVICE}。", "网址{URL} 。", "访问IP:{IP}", "虹膜编号：{BIOMETRIC}。", "指纹ID：{BIOMETRIC}。", "图片{PHOTO}。", "正面照：{PHOTO}。", "护照{PASSPORT:zh}。", "加V信{SOCIAL}。",
    "微信 {SOCIAL} 联系。", "QQ号{SOCIAL}。", "超声号：{OTHER_ID}。", "样本编号{OTHER_ID}。", "受试者编号：{OTHER_ID}。", "外婆{AGE}岁。", "年龄{AGE}岁，", "{AGE}周岁，",
)  # fmt: skip
ZH_NEUTRAL_2 = (
    "神志清楚，精神可。", "腹平软，无压痛及反跳痛。", "心率78次/分，律齐。", "血红蛋白110g/L，血小板210×10^9/L。", "予左氧氟沙星0.5g静滴qd。", "左侧肢体肌力4级。", "今日输液3000ml。", "黄芪30g，党参15g，当归10g。",
    "高度怀疑肺栓塞。", "石淋汤加减。", "方药如下。", "金匮肾气丸口服。", "白带增多，无异味。", "路径完成。", "右肺上叶结节，大小约12mm×8mm。", "查血常规。", "万分之一概率。", "王不留行10g。", "马尾神经受压。",
    "患者平素体健。", "主任医师查房后同意。", "老师批评后情绪低落。", "温度37度。", "护士长查对。", "先生化检查。", "请家属签字。", "患者安静入睡。", "包扎固定。", "常规护理。", "时间10:30。", "任脉不通。", "NRS评分3-4分。",
    "BMI 24.5kg/m2。", "2020年确诊。", "第3-5肋骨骨折。", "全麻下手术。", "病区安静。", "何首乌12g。", "家长诉患儿夜啼。", "儿子体健，女儿患哮喘。",
)  # fmt: skip
ZH_FOOTERS_2 = (
    "\n签字：{NAME:zh_other}  日期：{DATE:zh}",
    "\n书写者：{NAME:zh_other}",
    "\n医生：{NAME:zh_other}\n{DATE:zh}",
    "\n诊断医师 {NAME:zh_other}",
    "",
)
EN_FOOTERS_2 = (
    "\n--\n{NAME:other}, MD\n{DATE:full}",
    "\nSigned by: {NAME:other} {DATE:full}",
    "\nBest regards,\nDr. {NAME:other}",
    "\nE-signed by {NAME:caps} on {DATE:full}",
    "",
)

_SETS = {
    ("en", 1): (EN_HEADERS, EN_NAMES, EN_DATES, EN_OTHERS, EN_NEUTRAL, EN_FOOTERS),
    ("zh", 1): (ZH_HEADERS, ZH_NAMES, ZH_DATES, ZH_OTHERS, ZH_NEUTRAL, ZH_FOOTERS),
    ("en", 2): (EN_HEADERS_2, EN_NAMES_2, EN_DATES_2, EN_OTHERS_2, EN_NEUTRAL_2, EN_FOOTERS_2),
    ("zh", 2): (ZH_HEADERS_2, ZH_NAMES_2, ZH_DATES_2, ZH_OTHERS_2, ZH_NEUTRAL_2, ZH_FOOTERS_2),
}


def _render(template: str, values: _Values) -> tuple[str, list[tuple[int, int, str]]]:
    text, spans, position = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[position : slot.start()]
        kind, form = slot.group(1), slot.group(2) or ""
        draw: Callable[[str], str] = getattr(values, "phone" if kind == "FAX" else kind.lower())
        value = draw(form)
        spans.append((len(text), len(text) + len(value), kind))
        text += value
        position = slot.end()
    return text + template[position:], spans


def make_note(rng: random.Random, lang: str, phrases: int = 1) -> Note:
    """One invented note in English ("en") or Chinese ("zh"), from the first or the second set of phrases."""
    headers, names, dates, others, neutral, footers = _SETS[lang, phrases]
    body = rng.sample(names, 2) + rng.sample(dates, 1) + rng.sample(others, 4) + rng.sample(neutral, 6)
    rng.shuffle(body)
    values = _Values(rng)
    text, spans = "", []
    for template in (rng.choice(headers), *body, rng.choice(footers)):
        piece, found = _render(template, values)
        if text and piece and not text.endswith("\n") and not piece.startswith("\n"):
            # Chinese needs no space, unless two numbers would run into one.
            joined = lang == "zh" and not (text[-1].isascii() and piece[0].isascii())
            text += "\n" if rng.random() < 0.2 else ("" if joined else " ")
        spans += [(start + len(text), end + len(text), kind) for start, end, kind in found]
        text += piece
    return Note(text=text, lang=lang, spans=tuple(spans))


def make_notes(count: int, seed: int = 7, phrases: int = 1) -> list[Note]:
    """`count` notes, English and Chinese in turn; the same seed gives the same notes."""
    rng = random.Random(seed)
    return [make_note(rng, "en" if i % 2 == 0 else "zh", phrases) for i in range(count)]
