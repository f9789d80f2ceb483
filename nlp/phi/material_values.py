"""Values for invented notes: names of many cultures, dates, numbers, addresses, in the many ways people write them."""

# ruff: noqa: SIM905 - word lists
from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from nlp.phi.material import FILLERS


@dataclass(frozen=True, kw_only=True, slots=True)
class Lists:
    """What names and addresses are made of."""

    people: Sequence[tuple[str, str]]
    """(given name, surname) in Latin letters."""
    streets: Sequence[tuple[str, str, str]]
    """(street and number, town, postal code)."""
    towns: Sequence[str]
    """Towns of the world in Latin letters."""
    chinese_people: Sequence[str]
    """Chinese names of two to four characters."""
    chinese_surnames: Sequence[str]
    """Chinese surnames of one or two characters, rare ones too."""
    chinese_transcribed: Sequence[str]
    """Names of other languages in Chinese characters."""
    chinese_places: Sequence[str]
    """Chinese towns and counties without the last character of their level."""
    words: Sequence[str]
    """English words that are nobody's name."""
    pairs: Sequence[str]
    """Pairs of Chinese characters that stand in medical text."""
    eponyms: Sequence[str]
    """Names by which medicine calls signs, diseases and instruments."""
    abbreviations: Sequence[str]
    """Abbreviations of records."""


_MORE_GIVEN = (
    "Adaora Bukola Chiamaka Emeka Folasade Ifeoma Kelechi Obinna Temitope Uche Yewande Amina Bashir Danjuma Halima Sadiq Abebe "
    "Almaz Bekele Tigist Dawit Hirut Makena Njeri Otieno Wambui Achieng Mutua Thandeka Sibusiso Lerato Nomsa Bongani Palesa Tendai "
    "Rutendo Chipo Farai Kwasi Efua Yaw Akua Kojo Mariama Ousmane Aminata Cheikh Awa Moussa Ahmad Rania Tariq Noura Khaled Hadeel "
    "Sami Yasmin Bilal Hind Farouk Salma Waleed Reem Mustapha Latifa Rachid Soraya Reza Shirin Parisa Dariush Golnaz Behrouz Imran "
    "Saima Usman Rukhsana Bilqis Tanvir Shabnam Kavita Suresh Ramesh Meera Vikram Ashok Geeta Harpreet Gurdeep Manpreet Divya Karthik "
    "Padma Srinivas Revathi Senthil Malathi Nirmala Kumaran Thilini Chaminda Sanduni Bishal Sushila Pemba Dorji Quoc Huong Lan Thanh "
    "Duc Hieu Phuong Trang Khanh Somchai Malee Niran Supaporn Budi Siti Dewi Agus Wayan Ketut Nur Aisyah Hafiz Zulkifli Jun-ho "
    "Seo-yeon Min-jun Eun-ji Kyung-soo Hye-jin Takumi Naoko Shigeru Ayumi Kaito Emiko Lupita Itzel Cuauhtemoc Yaretzi Moises Paola "
    "Ramiro Leticia Joaquin Rocio Nayeli Arturo Maricela Gilberto Belen Jorgelina Facundo Wilmer Yuleisy Thais Caua Iracema Joaquim "
    "Leilani Kaimana Tevita Mele Sione Losa Tavita Moana Rangi Aroha Wiremu Kahurangi Bogdana Miroslav Ludmila Yaroslav Oksana "
    "Taras Halyna Ivana Dragan Jelena Milos Vesna Goran Biljana Rumen Tsvetelina Ionut Raluca Mihaela Arben Blerta Elira Gjergj "
    "Nikoleta Stavros Eirini Yannis Levan Nino Tamar Armen Anahit Ruslan Aigerim Nurlan Dinara Tsering Lobsang Batbayar Oyunaa "
    "Fintan Caoimhe Oisin Roisin Eilidh Iain Mhairi Gwen Carys Emrys Ioan Avi Shira Yael Noam Menachem Chaya Mordechai Bluma"
).split()
_MORE_SURNAMES = (
    "Adeyinka Balogun Chukwu Eze Ibekwe Nwachukwu Obi Ogunleye Okeke Onyekachi Abubakar Bello Danladi Getachew Haile Tadesse Kariuki "
    "Kiplagat Mwende Odhiambo Wekesa Dlamini Khumalo Mokoena Nkosi Zulu Chikwanha Moyo Ncube Agyeman Appiah Boateng Mensah Owusu "
    "Diop Ndiaye Traore Keita Camara Toure El-Amin Al-Rashid Al-Zahrani Haddad Khoury Mansour Nasser Saleh Shaheen Sabbagh Benali "
    "Bouzid Chaoui Ahmadi Hosseini Karimi Rahimi Tehrani Chaudhry Hussain Iqbal Malik Qureshi Sheikh Siddiqui Agarwal Banerjee "
    "Chatterjee Desai Gupta Iyer Jain Joshi Kapoor Krishnan Kulkarni Menon Mukherjee Nair Patel Pillai Rajan Reddy Sharma Singh "
    "Subramanian Trivedi Venkatesh Fernando Jayawardena Perera Wickramasinghe Gurung Sherpa Tamang Tran Nguyen Pham Le Vo Bui Dang "
    "Huynh Duong Chaiyasit Srisai Wongsakul Santoso Wijaya Hidayat Binti-Rahman Abdullah Ismail Tan Lim Ong Goh Chua Teoh Kim Park "
    "Choi Jung Kang Yoon Cho Sato Suzuki Watanabe Kobayashi Yoshida Matsumoto Chan Wong Cheung Leung Lau Ng Tsang Hsu Tsai Chiang "
    "Garcia Martinez Lopez Gonzalez Rodriguez Ramirez Cervantes Aguilar Castaneda Delgadillo Espinoza Figueroa Ibarra Juarez Lozano "
    "Montoya Navarrete Ochoa Quintero Salazar Tamayo Urrutia Villalobos Zamora Arancibia Benitez Cabrera Ferreyra Mamani Quispe "
    "Almeida Barbosa Carvalho Figueiredo Nascimento Pacheco Teixeira Kamaka Kealoha Fonoti Tuilagi Tamihana Parata Kowalczuk "
    "Shevchenko Bondarenko Kovalenko Petrenko Ivanenko Jovanovic Markovic Stojanovic Dimitrov Georgiev Popescu Ionescu Hoxha Papadaki "
    "Georgiou Nikolaidis Beridze Hakobyan Sargsyan Abdrakhmanov Tashi O'Connell O'Keeffe O'Rourke MacGregor McAllister McIntyre "
    "McNamara FitzGerald St. John Van Houten van den Bosch de Vries De Luca Di Marco D'Angelo D'Souza Llewellyn Prendergast Cadwallader "
    "Goldberg Rosenthal Shapiro Mizrahi Abramowitz Smith Brown Young Bell Rice Page Marsh West Long Berry Wells Bush Rose Banks Hope Day"
).split()
_UNITS = "mg ml mL mmHg mm cm kg g/dL g/L mmol/L U/L ng/ml bpm L/min % cc mcg units IU/L pg/ml kPa Gy ms Hz dB cmH2O mEq/L umol/L /hpf /min mV cGy Fr".split()
_MONTHS = "January February March April May June July August September October November December".split()
_SHORT = "Jan Feb Mar Apr May Jun Jul Aug Sep Sept Oct Nov Dec".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mon Tue Wed Thu Fri Sat Sun".split()
_STREET_NAMES = "Maple Cedar Birch Station Church Park High Mill Victoria Lincoln Washington Queens Kings Lake Hillside Meadow Prospect Franklin Jefferson Sycamore Willow Chestnut Spring Ridge Harbor Jackson Grove Orchard Sunset Bridge Abbey Manor Chapel Market".split()
_STREET_ENDS = "Street St St. Road Rd Rd. Avenue Ave Ave. Lane Ln Drive Dr Court Ct Place Pl Boulevard Blvd Way Terrace Crescent Close Gardens Square Parkway Hwy Circle Row Walk Hill Green".split()
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class ValueMaker:
    """Draws values of every kind; deterministic for a given source of chance."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists

    def english(self, kind: str, form: str | None, chance: random.Random) -> str:
        """A value as English notes write it."""
        if kind in FILLERS:
            return self.filler(kind, chance)
        if kind == "NAME":
            if chance.random() < 0.015:
                return self.chinese_name("full", chance)
            return self.name(form or "any", chance)
        return {"DATE": self.date, "OTHER_ID": self.number, "PHONE": self.phone, "ADDRESS": self.address}[kind](
            form, chance
        )

    def chinese(self, kind: str, form: str | None, chance: random.Random) -> str:
        """A value as Chinese notes write it."""
        if kind in FILLERS:
            return self.filler(kind, chance)
        if kind == "NAME":
            return (
                self.name(chance.choice(["full", "given"]), chance)
                if chance.random() < 0.03
                else self.chinese_name(form or "any", chance)
            )
        makers = {
            "DATE": self.chinese_date,
            "OTHER_ID": self.number,
            "PHONE": self.chinese_phone,
            "ADDRESS": self.chinese_address,
        }
        return makers[kind](form, chance)

    def filler(self, kind: str, chance: random.Random) -> str:
        """What looks like an identifier and is none."""
        if kind == "EPONYM":
            return chance.choice(self._lists.eponyms) if chance.random() < 0.6 else self._surname(chance)
        if kind == "ABBREVIATION":
            made = "".join(chance.choice("ABCDEFGHIKLMNOPRSTUVW") for _ in range(chance.randint(2, 4)))
            return chance.choice(self._lists.abbreviations) if chance.random() < 0.8 else made
        if kind == "WORD":
            word = chance.choice(self._lists.words)
            return chance.choice([word, word.capitalize(), word.capitalize(), word.upper()])
        if kind == "PAIR":
            return chance.choice(self._lists.pairs)
        if kind == "CLIPPED":
            word = chance.choice(self._lists.words)[: chance.randint(3, 5)]
            return chance.choice([word, word, word.capitalize(), word.capitalize(), word.upper()])
        if kind == "BRAND":
            return _brand(chance)
        if kind == "MODEL":
            letters = "".join(chance.choice(_LETTERS) for _ in range(chance.randint(1, 3)))
            return f"{letters}{chance.choice(['', '', ' ', '-'])}{chance.randint(1, 999)}"
        if kind == "NUMBER":
            return str(
                chance.choice(
                    [chance.randint(1, 9), chance.randint(10, 99), chance.randint(10, 500), 50 * chance.randint(1, 60)]
                )
            )
        if kind == "TIME":
            return chance.choice(["", ":"]).join((f"{chance.randrange(24):02}", f"{chance.randrange(60):02}"))
        a, b, c = chance.randint(1, 40), chance.randint(1, 200), chance.randint(0, 99)
        return chance.choice([
            f"{a}/{b}", f"{a}-{a + b}", f"{a}.{c % 10}", f"{a}.{c:02}", f"{b}/{a + 40}", f"0-{b}", f"{a}x{b}", f"{a} x {b} mm", f"{b} {chance.choice(_UNITS)}", f"{a}.{c % 10} {chance.choice(_UNITS)}", f"{a}{chance.choice(_UNITS)}",
            f"({a}-{a + b})", f"({a}.{c % 10}-{a + b}.{c % 10})", f"{a}%", f"{a}/{a + 4}", f"{a}-{a + 2}", f"+{a % 4}", f"{a % 5}+", f"1:{b * 10}", f"<{a}", f">{b}", f"{b}", f"{a}+{a % 7}", f"{b}/{a + 30}/{a}", f"T{a % 12}-L{a % 5}", f"C{a % 7}/{a % 7 + 1}", f"{a % 12}:{c % 60:02}", f"{a % 24:02}{c % 60:02} h", f"{a % 6}/{a % 6 + 1}", f"{a} of {a + 3}", f"x{a}", f"#{a % 9}", f"{b}.{c:02}", f"{a}°", f"{a}/12", f"{a % 9}/52", f"{a % 7}/7",
        ])  # fmt: skip

    # --- names in Latin letters --------------------------------------------------------------------------------------

    def _given(self, chance: random.Random) -> str:
        if chance.random() < 0.45:
            return chance.choice(_MORE_GIVEN)
        return chance.choice(self._lists.people)[0]

    def _surname(self, chance: random.Random) -> str:
        kind = chance.random()
        if kind < 0.5:
            name = chance.choice(_MORE_SURNAMES)
        elif kind < 0.93:
            name = chance.choice(self._lists.people)[1]
        else:
            name = _made_up(chance)
        if chance.random() < 0.05:
            name += "-" + chance.choice(_MORE_SURNAMES)
        return name

    def name(self, form: str, chance: random.Random) -> str:
        """A name: full, inverted (surname first), given, surname, initials, staff (any but given alone), capitals, or any."""
        given, surname = self._given(chance), self._surname(chance)
        if form == "any":
            form = chance.choice("full full full inverted inverted surname given initial initials short nick".split())
        elif form == "titled":
            form = chance.choice("surname surname surname full initial given".split())
        elif form == "staff":
            form = chance.choice("full full full surname surname initial initial inverted short initials given".split())
        elif form == "capitals":
            first, second = chance.choice([(given, surname), (surname, given)])
            letter = chance.choice(["", "", f" {chance.choice(_LETTERS)}"])
            return f"{first} {second}{letter}".upper() if chance.random() < 0.6 else surname.upper()
        middle = chance.choice(
            ["", "", "", "", f" {chance.choice(_LETTERS)}", f" {chance.choice(_LETTERS)}.", f" {self._given(chance)}"]
        )
        if form == "full":
            name = f"{given}{middle} {surname}"
            kind = chance.random()
            if kind < 0.05:
                name += f" {self._surname(chance)}"
            elif kind < 0.08:
                name += chance.choice([" Jr", " Jr.", " Sr.", " III", ", Jr."])
            elif kind < 0.11:
                name = f"{given} {chance.choice('bin ibn binti al- bint de da dos van von'.split())} {surname}".replace(
                    "- ", "-"
                )
        elif form == "inverted":
            kind = chance.random()
            if kind < 0.35:
                name = f"{surname.upper()}{chance.choice([', ', ',', ' ', ', '])}{given.upper()}{middle.upper()}"
            elif kind < 0.5:
                name = f"{surname.upper()}{chance.choice([', ', ' '])}{given}{middle}"
            elif kind < 0.85:
                name = f"{surname}, {given}{middle}"
            else:
                name = f"{surname} {given[0]}" + chance.choice(["", "."])
        elif form == "initial":
            name = chance.choice(
                [
                    f"{given[0]}. {surname}",
                    f"{given[0]} {surname}",
                    f"{given[0]}.{surname}",
                    f"{given[0]}. {chance.choice(_LETTERS)}. {surname}",
                    f"{given[0]}{chance.choice(_LETTERS)} {surname}",
                ]
            )
        elif form == "short":
            name = chance.choice([f"{given} {surname[0]}.", f"{given} {surname[0]}", f"{surname} {given[0]}."])
        elif form == "initials":
            letters = [given[0], chance.choice(_LETTERS), surname[0].upper()][chance.randrange(2) :]
            name = chance.choice(["", "", "."]).join(letters)
            name = name + "." if "." in name else name.lower() if chance.random() < 0.15 else name
        elif form == "nick":
            name = chance.choice(
                [
                    f'{given} "{self._given(chance)}" {surname}',
                    f"{given} ({self._given(chance)}) {surname}",
                    f"{given} {surname}",
                ]
            )
        elif form == "given":
            name = given if chance.random() < 0.85 else f"{given} {self._given(chance)}"
        else:
            name = surname
        if form not in ("inverted", "initials") and chance.random() < 0.08:
            name = name.upper()
        return name

    # --- Chinese names -----------------------------------------------------------------------------------------------

    def _given_characters(self, chance: random.Random) -> str:
        name = chance.choice(self._lists.chinese_people)
        characters = name[-2:] if len(name) > 2 else name[-1:]
        if chance.random() < 0.3:
            characters = (
                chance.choice(characters) + chance.choice(_COMMON)
                if chance.random() < 0.5
                else chance.choice(_COMMON) + characters[-1]
            )
        return characters[: 1 if chance.random() < 0.3 else 2]

    def _transcribed(self, chance: random.Random) -> str:
        if chance.random() < 0.5:
            return chance.choice(self._lists.chinese_transcribed)
        return "".join(chance.choice(_TRANSCRIBED) for _ in range(chance.randint(2, 4)))

    def chinese_name(self, form: str, chance: random.Random) -> str:
        """A name as Chinese notes write it: full, surname, staff, or any; of the peoples of China and in transcription."""
        surname = (
            chance.choice(self._lists.chinese_surnames)
            if chance.random() < 0.7
            else chance.choice(self._lists.chinese_people)[0]
        )
        if form == "surname":
            return surname
        kind = chance.random()
        if kind < {"staff": 0.24, "titled": 0.5}.get(form, 0.03):
            return surname
        kind = chance.random()
        if kind < 0.07:
            return chance.choice(
                [
                    surname + "某",
                    surname + "某某",
                    surname + chance.choice("×XxX*") * 2,
                    surname + "某" + self._given_characters(chance)[0],
                ]
            )
        if kind < 0.5:
            return surname + self._given_characters(chance)
        if kind < 0.51:
            return f"{self.name('full', chance)} {surname}{self._given_characters(chance)}"
        if kind < 0.53:
            return surname + self._given_characters(chance) + chance.choice(_COMMON)
        if kind < 0.62:
            return chance.choice(self._lists.chinese_people)
        if kind < 0.66:
            return self._given_characters(chance)
        if kind < 0.69:
            return (c := chance.choice(_PET)) + c
        if kind < 0.72:
            return chance.choice(["阿", "小", "大"]) + chance.choice(_PET)
        if kind < 0.76:
            return chance.choice(_TIBETAN) + (chance.choice(_TIBETAN) if chance.random() < 0.7 else "")
        if kind < 0.82:
            return chance.choice(_MONGOL)
        if kind < 0.91:
            name = chance.choice(_TURKIC)
            return name + (
                chance.choice(["·", "·", "•", "．"]) + chance.choice(_TURKIC) if chance.random() < 0.35 else ""
            )
        name = self._transcribed(chance)
        if chance.random() < 0.35:
            name += "·" + self._transcribed(chance)
        return name if chance.random() < 0.75 else chance.choice(_JAPANESE) + chance.choice(_JAPANESE_GIVEN)

    # --- dates -------------------------------------------------------------------------------------------------------

    def date(self, form: str | None, chance: random.Random) -> str:
        """A date in English, of many forms; `month`: a month with or without its year."""
        day, month, year = chance.randint(1, 31), chance.randint(1, 12), chance.randint(1925, 2026)
        if form == "month":
            return chance.choice(
                [
                    _MONTHS[month - 1],
                    f"{_MONTHS[month - 1]} {year}",
                    f"{chance.choice(_SHORT)} {year}",
                    f"{month:02}/{year}",
                ]
            )
        name = chance.choice([_MONTHS[month - 1], chance.choice(_SHORT)])
        if chance.random() < 0.03:
            name = name.upper()
        a, b = (month, day) if chance.random() < 0.6 else (day, month)
        sign = chance.choice("//////---.. ") if chance.random() < 0.97 else " / "
        short = f"{year % 100:02}"
        ordinal = f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"
        kind = chance.random()
        if kind < 0.2:
            return f"{a:02}{sign}{b:02}{sign}{year}" if chance.random() < 0.6 else f"{a}{sign}{b}{sign}{year}"
        if kind < 0.34:
            return f"{a:02}{sign}{b:02}{sign}{short}" if chance.random() < 0.4 else f"{a}{sign}{b}{sign}{short}"
        if kind < 0.46:
            return chance.choice([f"{a}/{b}", f"{a}/{b}", f"{a}-{b}", f"{a:02}/{b:02}", f"{a}.{b}"])
        if kind < 0.52:
            return chance.choice(
                [
                    f"{year}-{month:02}-{day:02}",
                    f"{year}/{month}/{day}",
                    f"{year}{month:02}{day:02}",
                    f"{year}.{month:02}.{day:02}",
                ]
            )
        if kind < 0.64:
            return chance.choice(
                [f"{name} {day}, {year}", f"{name} {day} {year}", f"{name}. {day}, {year}", f"{name} {ordinal}, {year}"]
            )
        if kind < 0.76:
            return chance.choice(
                [
                    f"{day} {name} {year}",
                    f"{ordinal} {name} {year}",
                    f"{day}-{name}-{year}",
                    f"{day}{name}{year}",
                    f"{day}-{name}-{short}",
                    f"{day}{name}{short}",
                    f"{day} {name} '{short}",
                    f"{ordinal} of {name} {year}",
                ]
            )
        if kind < 0.9:
            return chance.choice(
                [
                    f"{name} {day}",
                    f"{day} {name}",
                    f"{name} {ordinal}",
                    f"{ordinal} {name}",
                    f"{ordinal} of {name}",
                    f"the {ordinal} of {name}",
                    f"{day}-{name}",
                    f"{chance.choice(_WEEKDAYS)} {day} {name}",
                    f"{chance.choice(_WEEKDAYS)}, {name} {day}",
                    f"{chance.choice(_WEEKDAYS)} {a}/{b}",
                    f"{chance.choice(_WEEKDAYS)} {ordinal} {name}",
                ]
            )
        if kind < 0.95:
            return chance.choice(
                [
                    f"{_MONTHS[month - 1]} {year}",
                    f"{_MONTHS[month - 1]}",
                    f"{chance.choice(_SHORT)} {year}",
                    f"{chance.choice(_SHORT)} '{short}",
                    f"the {ordinal}",
                    f"{month:02}/{year}",
                ]
            )
        return chance.choice(
            [
                f"{name} {day}-{day + 3}, {year}",
                f"{a}/{b}-{a}/{b + 2}",
                "Thanksgiving",
                "New Year's Eve",
                "Christmas Day",
                "Easter Sunday",
                "Labor Day",
                f"{month:02}{day:02}{short}",
                f"{name} the {ordinal}",
                f"{year}-{name}-{day:02}",
                f"{day} and {day + 7} {name} {year}",
                f"{day}. {name} {year}",
                f"{ordinal} inst.",
                f"{day}-{month}",
            ]
        )

    def chinese_date(self, form: str | None, chance: random.Random) -> str:
        """A date in Chinese, of many forms."""
        day, month, year = chance.randint(1, 31), chance.randint(1, 12), chance.randint(1930, 2026)
        kind = chance.random()
        sign = chance.choice("---//..")
        if kind < 0.2:
            return f"{year}年{month}月{day}{chance.choice('日日号')}"
        if kind < 0.36:
            return chance.choice(
                [
                    f"{year}{sign}{month:02}{sign}{day:02}",
                    f"{year}{sign}{month}{sign}{day}",
                    f"{year}{month:02}{day:02}",
                ]
            )
        if kind < 0.5:
            return (
                f"{year % 100:02}{sign}{month}{sign}{day}"
                if chance.random() < 0.6
                else f"{year % 100:02}{sign}{month:02}{sign}{day:02}"
            )
        if kind < 0.64:
            return f"{month}月{day}{chance.choice('日日号')}"
        if kind < 0.76:
            return chance.choice(
                [f"{month}{sign}{day}", f"{month:02}-{day:02}", f"{month}/{day}", f"{month}/{day}", f"{month}.{day}"]
            )
        if kind < 0.84:
            return chance.choice(
                [
                    f"{year}年{month}月",
                    f"{year % 100:02}年{month}月",
                    f"{year % 100:02}年{month}月{day}日",
                    f"{month}月{day}",
                    f"{day}日",
                    f"{day}号",
                    f"{year}.{month}",
                    f"{year}-{month:02}",
                    f"{month}月份",
                ]
            )
        if kind < 0.92:
            written = "".join("〇一二三四五六七八九"[int(c)] for c in str(year))
            return chance.choice(
                [
                    f"{written}年{_in_words(month)}月{_in_words(day)}日",
                    f"{_in_words(month)}月{_in_words(day)}{chance.choice('日号')}",
                    f"{_in_words(day)}号",
                    f"{written}年{_in_words(month)}月",
                ]
            )
        if kind < 0.97:
            stem = chance.choice("甲乙丙丁戊己庚辛壬癸") + chance.choice("子丑寅卯辰巳午未申酉戌亥")
            lunar = f"{chance.choice(['正', '二', '三', '四', '五', '六', '七', '八', '九', '十', '冬', '腊'])}月{chance.choice(['初一', '初五', '十五', '十八', '廿三', '三十', '初九', '二十六'])}"
            return chance.choice(
                [
                    f"{stem}年{lunar}",
                    f"农历{lunar}",
                    lunar,
                    f"民国{year - 1911 if year > 1911 else 60}年{month}月{day}日",
                    f"{year - 1911}/{month}/{day}",
                    f"{year - 1911}.{month}.{day}",
                ]
            )
        return chance.choice(["春节", "中秋节", "元旦", "端午", "除夕", "五一", "元宵节", "清明", "初三", "重阳"])

    # --- numbers -----------------------------------------------------------------------------------------------------

    def number(self, form: str | None, chance: random.Random) -> str:
        """An identifying number of any shape."""
        digits = "".join(str(chance.randrange(10)) for _ in range(20))
        letters = "".join(chance.choice(_LETTERS) for _ in range(6))
        year = chance.randint(2005, 2026)
        if form == "file":
            return f"{self._surname(chance).lower()}_{chance.choice(['left', 'hand', 'back', 'face'])}_{digits[:4]}.{chance.choice(['jpg', 'png', 'jpeg'])}"
        return chance.choice([
            digits[:6], digits[:7], digits[:8], digits[:10], digits[:12], digits[:5], digits[:9], digits[:8], digits[:7],
            f"{letters[0]}{digits[:6]}", f"{letters[0]}{digits[:7]}", f"{letters[0]}{digits[:8]}", f"{letters[:2]}{digits[:6]}", f"{letters[:2]}{digits[:7]}",
            f"{letters[:3]}{digits[:4]}", f"{letters[:3]}{digits[:7]}", f"{digits[:6]}{letters[0]}", f"{digits[:3]}-{digits[3:6]}",
            f"{digits[:2]}-{digits[2:4]}-{digits[4:6]}", f"{digits[:3]} {digits[3:6]} {digits[6:10]}", f"{digits[:4]} {digits[4:8]} {digits[8:12]}",
            f"{digits[:3]}-{digits[3:5]}-{digits[5:9]}", f"{letters[0]}-{digits[:4]}", f"{letters[0]}-{digits[:6]}", f"{letters[:2]}-{digits[:4]}", f"{letters[:2]}-{digits[:3]}-{digits[3:7]}",
            f"{letters[:3]}-{digits[:5]}", f"{year}-{digits[:5]}", f"{year}/{digits[:4]}", f"{year % 100}-{digits[:6]}", f"{year % 100}{letters[0]}{digits[:5]}", f"{letters[0]}{year % 100}-{digits[:5]}",
            f"{letters[0]}{year % 100}.{digits[:5]}", f"{digits[:4]}-{letters[0]}", f"{digits[:2]}/{digits[2:6]}/{letters[0]}", f"{letters[:2]} {digits[:3]} {digits[3:7]}", f"{letters[:4]}{digits[:4]}",
            f"{letters[0]}{digits[:2]}{letters[1]}{digits[2:6]}", f"{digits[:18]}", f"{digits[:17]}X", f"{letters[0]}{digits[:6]}({digits[7]})", f"{digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:8]}",
            f"{year}{digits[:6]}", f"{year}{digits[:8]}", f"{letters[0]} {digits[:2]} {digits[2:5]} {digits[5:8]}", f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:11]}", f"{digits[:1]}{letters[:2]}{digits[1]}-{letters[2:4]}{digits[2]}-{letters[4:6]}{digits[3:5]}",
            f"{letters[:2]}/{digits[:4]}/{digits[4:8]}", f"{digits[:4]}****{digits[4:6]}", f"{digits[:5]}-{digits[5:12]}-{digits[13]}", f"#{digits[:6]}"[1:], digits[:4], f"{letters[0]}{digits[:4]}",
        ])  # fmt: skip

    def phone(self, form: str | None, chance: random.Random) -> str:
        """A telephone number of many countries."""
        d = "".join(str(chance.randrange(10)) for _ in range(14))
        spoken = "zero one two three four five six seven eight nine".split()
        return chance.choice([
            f"({d[:3]}) {d[3:6]}-{d[6:10]}", f"{d[:3]}-{d[3:6]}-{d[6:10]}", f"{d[:3]}.{d[3:6]}.{d[6:10]}", f"{d[:3]} {d[3:6]} {d[6:10]}", f"+1 {d[:3]} {d[3:6]} {d[6:10]}", f"1-{d[:3]}-{d[3:6]}-{d[6:10]}",
            f"0{d[:4]} {d[4:10]}", f"0{d[:3]} {d[3:6]} {d[6:10]}", f"0{d[:2]} {d[2:6]} {d[6:10]}", f"+44 {d[:4]} {d[4:10]}", f"07{d[:3]} {d[3:9]}", f"0{d[:3]} {d[3:6]} {d[6:9]}", f"+{d[:2]} {d[2:4]} {d[4:8]} {d[8:12]}",
            f"+{d[:3]}-{d[3]}-{d[4:7]}-{d[7:11]}", f"00{d[:2]} {d[2:5]} {d[5:12]}", f"0{d[:3]}/{d[3:9]}", f"0{d[:3]}-{d[3:10]}", f"{d[:5]} {d[5:10]}", f"{d[:3]}-{d[3:7]}", f"ext {d[:4]}", f"x{d[:4]}", f"ext. {d[:3]}", f"{d[:4]}", f"{d[:5]}",
            f"{d[:4]} {d[4:8]}", f"{d[:10]}", f"{d[:3]} {d[3:6]}-{d[6:10]} x{d[10:13]}", f"+{d[:2]}{d[2:12]}", " ".join(spoken[int(c)] for c in d[:7]), "-".join(spoken[int(c)] for c in d[:4]), f"+{d[:2]} ({d[2]}) {d[3:6]} {d[6:8]} {d[8:10]}",
        ])  # fmt: skip

    def chinese_phone(self, form: str | None, chance: random.Random) -> str:
        """A telephone number as Chinese notes write it."""
        d = "".join(str(chance.randrange(10)) for _ in range(11))
        mobile = "1" + chance.choice("3578") + d[:9]
        word = "".join("零一二三四五六七八九"[int(c)] for c in mobile).replace("一", chance.choice(["一", "幺"]))
        return chance.choice([
            mobile, mobile, mobile, f"{mobile[:3]} {mobile[3:7]} {mobile[7:]}", f"{mobile[:3]}-{mobile[3:7]}-{mobile[7:]}", f"{mobile[:7]} {mobile[7:]}", f"0{d[:3]}-{d[3:10]}", f"0{d[:2]}-{d[2:10]}", f"（0{d[:3]}）{d[3:10]}", f"0{d[:3]} {d[3:10]}",
            d[:8], d[:7], f"{d[:4]} {d[4:8]}", f"+86 {mobile}", f"{mobile[:3]}****{mobile[7:]}", f"0{d[:2]}-{d[2:10]}转{d[:3]}", f"{d[:4]}-{d[4:8]}", f"{mobile[:7]}xx{mobile[9:]}", f"4{d[:3]}-{d[3:6]}-{d[6:9]} 转 {d[9]}", word, f"400-{d[:3]}-{d[3:7]}", word, d[:4], f"+{d[:3]} {d[3:6]} {d[6:]}", f"09{d[:2]}-{d[2:5]}-{d[5:8]}", f"0{d[0]}-{d[1:5]}-{d[5:9]}",
        ])  # fmt: skip

    # --- addresses ---------------------------------------------------------------------------------------------------

    def address(self, form: str | None, chance: random.Random) -> str:
        """An address, or with `place` a town, in the manner of one of many countries."""
        street, town, code = chance.choice(self._lists.streets)
        if chance.random() < 0.5:
            town = chance.choice(self._lists.towns)
        elif chance.random() < 0.5:
            town = _made_up(chance) + chance.choice(
                ["", "ville", "ton", " Falls", " Heights", "burg", " City", "ford", " Beach", " Springs", " Park"]
            )
        if form == "place":
            return chance.choice(
                [
                    town,
                    town,
                    f"{town} County",
                    f"north {town}"[6:],
                    f"{town}, {chance.choice(['TX', 'Ohio', 'NSW', 'CA', 'Kent', 'Ontario', 'Punjab', 'Lagos', 'BC'])}",
                ]
            )
        ours = f"{chance.randint(1, 9900)} {chance.choice(_STREET_NAMES)} {chance.choice(_STREET_ENDS)}"
        line = chance.choice([street, ours, ours])
        flat = chance.choice(
            [
                f"Apt {chance.randint(1, 40)}{chance.choice(['', 'B'])}",
                f"Flat {chance.randint(1, 90)}",
                f"Unit {chance.randint(1, 30)}",
                f"#{chance.randint(1, 400)}",
                "2nd floor",
                f"Room {chance.randint(1, 30)}",
            ]
        )
        zip_code = chance.choice(
            [
                code,
                f"{chance.randint(10000, 99999)}",
                f"{chance.choice(_LETTERS)}{chance.choice(_LETTERS)}{chance.randint(1, 20)} {chance.randint(1, 9)}{chance.choice(_LETTERS)}{chance.choice(_LETTERS)}",
                f"{chance.randint(2000, 9000)}",
            ]
        )
        state = chance.choice("TX OH CA NY FL NSW VIC QLD ON BC".split())
        return chance.choice([
            line, f"{line}, {town}", f"{line}, {town} {zip_code}", f"{line}, {town}, {state} {zip_code}", f"{line} {flat}, {town} {zip_code}", f"{flat}, {line}, {town}", f"{town}", f"{town} {zip_code}", f"{line}, {flat}", zip_code,
            f"P.O. Box {chance.randint(10, 9900)}, {town}", f"PO Box {chance.randint(10, 9900)}", f"House {chance.randint(1, 300)}, Sector {chance.randint(1, 60)}, {town}", f"{chance.choice(_STREET_NAMES)} Cottage, {town}", f"{chance.choice(_STREET_NAMES)} House, {line}, {town}",
            f"corner of {chance.choice(_STREET_NAMES)} and {chance.choice(_STREET_NAMES)}", f"{chance.randint(1, 90)}00 block of {chance.choice(_STREET_NAMES)}", f"{chance.choice(_STREET_NAMES)} {chance.choice(_STREET_ENDS)}", f"{town}, {state}", f"{line}, {town}, {state}",
            f"Blk {chance.randint(1, 900)} {chance.choice(_STREET_NAMES)} Ave #{chance.randint(1, 30):02}-{chance.randint(1, 200)}", f"Village {town}, P.O. {chance.choice(_MORE_SURNAMES)}", f"{town} Nursing Home, {line}", f"Rural Route {chance.randint(1, 9)}, {town}", f"{chance.choice(['Rua', 'Calle', 'Via', 'Rue de', 'Avenida', 'Jalan'])} {chance.choice(_MORE_SURNAMES)} {chance.randint(1, 300)}, {town}",
        ])  # fmt: skip

    def chinese_address(self, form: str | None, chance: random.Random) -> str:
        """An address, or with `place` a town, in Chinese; with and without province."""
        place = (
            chance.choice(self._lists.chinese_places)
            + (chance.choice(["", chance.choice(self._lists.chinese_places)]) if chance.random() < 0.2 else "")
            if chance.random() < 0.8
            else "".join(chance.choice(_PLACE_CHARACTERS) for _ in range(2))
        )
        level = "" if place[-1] in "县市区旗镇乡村省州" else chance.choice(["县", "市", "区", "", "", "旗", "镇", "乡"])
        if form == "place":
            return place + level if level or chance.random() < 0.8 else place
        small = "".join(chance.choice(_PLACE_CHARACTERS) for _ in range(2))
        street = small + chance.choice(["路", "街", "大道", "巷", "胡同", "里", "东路", "北街", "中路", "大街"])
        number = chance.choice(
            [
                f"{chance.randint(1, 900)}号",
                f"{chance.randint(1, 90)}弄{chance.randint(1, 90)}号",
                f"{chance.randint(1, 90)}号院{chance.randint(1, 20)}栋",
                f"{chance.randint(1, 90)}号{chance.randint(1, 9)}单元{chance.randint(101, 1900)}室",
                f"{chance.randint(1, 90)}-{chance.randint(1, 9)}-{chance.randint(101, 900)}",
            ]
        )
        estate = (
            small
            + chance.choice(["小区", "花园", "新村", "家园", "苑", "公寓", "大厦", "社区", "宿舍"])
            + chance.choice(
                [
                    "",
                    f"{chance.randint(1, 40)}栋",
                    f"{chance.randint(1, 40)}号楼",
                    f"{chance.choice('ABC一二三')}区{chance.randint(1, 40)}幢{chance.randint(101, 900)}",
                ]
            )
        )
        village = (
            small
            + chance.choice(["村", "乡", "镇", "屯", "庄", "苏木", "街道"])
            + chance.choice(
                [
                    "",
                    f"{_in_words(chance.randint(1, 12))}组",
                    f"{chance.randint(1, 12)}组",
                    "".join(chance.choice(_PLACE_CHARACTERS) for _ in range(2)) + "村",
                    f"{chance.randint(1, 300)}号",
                ]
            )
        )
        town = place + level
        return chance.choice(
            [
                street + number,
                town + street + number,
                town + street,
                estate,
                town + estate,
                street + number + estate,
                village,
                town + village,
                town,
                street,
                f"{small}{chance.choice(['县', '市', '区'])}{village}",
                f"{town}{small}区{street}{number}",
                f"{chance.randint(100000, 899999)}",
                f"{street}与{small}路交叉口",
                f"{small}{chance.choice(['工地', '煤矿', '厂区', '村口', '养老院', '农场', '学校宿舍', '加油站'])}",
                f"{street}{number}{small}大厦{chance.randint(1, 30)}层",
            ]
        )


def _made_up(chance: random.Random) -> str:
    """A name that nobody has, so that shape and place must tell."""
    starts, middles, ends = (
        "B Br C Ch D Dr F G Gr H J K Kl L M N P Pr R S Sch St T Tr V W Y Z".split(),
        "a e i o u ai ee ou ya ie".split(),
        "l r n m s t nd rk lt ska vic nen son ez ian wa ko mba ra lo".split(),
    )
    name = chance.choice(starts) + "".join(
        chance.choice(middles) + chance.choice(ends) for _ in range(chance.randint(1, 2))
    )
    return name.capitalize()


def _brand(chance: random.Random) -> str:
    """A word as drugs are sold by, which nobody is called."""
    starts = "Bi Ty Xe Za Zo Qu Va Re Lu Tri Ex Pra Ne Da Fo Im Ky Or Su Ul Vi Xi".split()
    middles = "ra li do va mi ze ta ne xa lo ri no vo te".split()
    ends = "x ta ra vy zo va tiq nex ria gen dro lix pan zyme mab met sta vir ze bri quis".split()
    middle = "".join(chance.choice(middles) for _ in range(chance.randint(0, 1)))
    return chance.choice(starts) + middle + chance.choice(ends)


def _in_words(number: int) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return ("" if not tens else "十" if tens == 1 else digits[tens] + "十") + (digits[ones] if ones or not tens else "")


_COMMON = "一大小天地山水日月风云雨雪春夏秋冬东南西北中安平和正直光明新长青红白金木石玉海江河湖川林森花草竹松柏梅兰菊荷子女男儿文武书画诗礼仁义信忠孝智勇学思言行成功胜利建设国家民生军华强国富贵福寿康宁喜乐欢笑美丽善良真诚心志远高飞龙虎凤马牛羊星辰阳晨晓晴朗润泽浩瀚若如然之以可"
_PET = "宝贝豆妮娃丫毛蛋花果糖圆团乐欣萌涵安琪童珠铁柱石根虎牛"
_TIBETAN = "扎西 卓嘎 次仁 平措 达娃 尼玛 央金 拉姆 多吉 旦增 索朗 洛桑 格桑 白玛 顿珠 曲珍 仁青 罗布 加措 桑吉 才让 措姆 普布 边巴 嘎玛 益西 丹巴 江白 强巴 仓决 米玛 群培 欧珠 拉珍 晋美 赤列 阿旺 土登 旺堆 巴桑".split()
_MONGOL = "巴雅尔 乌云其其格 苏和巴特 哈斯 图门 斯琴高娃 其木格 宝音 格日勒 朝鲁 布和 萨日娜 托娅 阿木尔 那顺 满都拉 额尔敦 乌日娜 青格勒 牧仁 哈斯额尔敦 高娃 特木尔 塔娜 乌力吉 胡和 希日莫 吉日嘎拉 呼格吉勒 锡林 阿茹娜 孟和 斯日古楞 金花 铁木尔 莫日根".split()
_TURKIC = "买合木提 阿依古丽 古丽巴哈尔 吐尔逊 热合曼 艾尼瓦尔 阿不都热依木 帕丽达 努尔买买提 迪丽拜尔 祖丽菲亚 玉素甫 克里木 阿孜古丽 肉孜 哈力克 米吉提 沙吾列 叶尔肯 加娜尔 努尔古丽 巴合提 赛力克 阿曼古丽 再努尔 吾斯曼 卡德尔 阿布都 塔依尔 麦麦提 伊力哈木 海丽且木 阿迪力 依布拉音 牙生 孜来汗 库来西 夏依达 马木提 玛合沙提 别克 加尔肯 阿力木江 买吐逊 苏来曼 汗克孜 亚森".split()
_TRANSCRIBED = "阿艾安巴贝本比波布查茨达戴丹德迪蒂丁杜多恩尔法费弗福盖戈格古哈海汉赫霍基吉加杰金卡凯康科克肯库拉莱兰劳勒雷里利丽莉琳林卢鲁伦罗洛玛马迈曼梅门米莫姆穆娜纳南尼妮诺帕佩皮普奇琪乔切茹瑞若萨塞莎山斯丝苏索塔泰汤特提图托娃瓦万维威温沃乌西希锡夏肖谢辛雅亚叶伊因尤约泽扎珍兹佐"
_JAPANESE = "佐藤 高桥 渡边 山本 中村 小林 加藤 吉田 山田 松本 井上 木村 清水 斋藤 崔 金 全 朴 阮 黎 范 裴".split()
_JAPANESE_GIVEN = (
    "健太 美咲 一郎 惠子 翔太 真理 直树 洋子 大辅 秀贤 智恩 民浩 美兰 正浩 氏兰 文雄 文孝 氏秋 玉英".split()
)
_PLACE_CHARACTERS = "东西南北中上下前后新老大小青白红黄金银龙凤虎马牛羊石山水河江湖海沙溪泉井桥塘坪坝岭岗湾沟口家王李张刘陈杨赵周吴徐孙朱胡林郭何高罗郑梁谢宋唐许韩冯邓曹彭曾平安宁和兴旺永长福祥瑞德仁义文武光明华丰盛建设胜利团结和平幸解放人民友谊朝阳向阳春江花园梅兰竹菊松柏柳杏桃槐"
