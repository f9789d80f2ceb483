"""Rules for names in Chinese: after a label, beside a title, a sex or an age, and after the words that precede a person."""

from __future__ import annotations

from medpress.writing_systems import HAN
from nlp.phi.chinese import COLON, alternatives, rule
from nlp.phi.gazetteer import COMPOUND_SURNAMES, GIVEN_CHARACTERS, NOT_CHINESE_NAMES, SURNAMES
from nlp.phi.rule import Rule

_NOT_LAST = frozenset("其如同多大少见言行解计来有能得自至相直通进运达必最比水量重步可先目白之方使到会后前入出")
_NOT_GIVEN = frozenset("其因于在有至自从被将已未无曾并经诉述称患者岁男女性入出院来我你他她的了与和及或等不")
_NOT_A_PERSON = (
    "本人",
    "自己",
    "家属",
    "患者",
    "病人",
    "不详",
    "拒绝",
    "未知",
    "无名",
    "匿名",
    "保密",
    "同上",
    "患儿",
    "父母",
    "子女",
)


def _surname_length(value: str) -> int:
    if value[:2] in COMPOUND_SURNAMES:
        return 2
    return 1 if value[:1] in SURNAMES else 0


def keep_name(value: str) -> int:
    """Length of the name that the value starts with: a surname and one or two characters of given names."""
    surname = _surname_length(value)
    if not surname or value[:2] in NOT_CHINESE_NAMES or value.startswith(_NOT_A_PERSON):
        return 0
    given = value[surname : surname + 2]
    if len(given) == 2 and given[0] in GIVEN_CHARACTERS and given[1] in GIVEN_CHARACTERS and given[1] not in _NOT_LAST:
        return surname + 2
    if given and given[0] in GIVEN_CHARACTERS and given[0] not in _NOT_LAST:
        return surname + 1
    return 0


def keep_field_name(value: str) -> int:
    """As `keep_name`, in a form field: any two to four characters if the first is a surname; names with a dot."""
    if value.startswith(_NOT_A_PERSON):
        return 0
    if "·" in value or "•" in value or "・" in value:
        return len(value)
    surname = _surname_length(value)
    if not surname:
        return 0
    end = surname
    for character in value[surname : surname + 2]:
        if character in _NOT_GIVEN:
            break
        end += 1
    if end == surname and len(value) > surname and value[surname] in "某":
        end = surname + 1
    return end if end > surname else 0


def keep_whole_name(value: str) -> int:
    """After 姓名: whatever stands there is the name, unless it says that there is none."""
    return (
        0 if value.startswith(_NOT_A_PERSON) else keep_field_name(value) or (len(value) if 2 <= len(value) <= 4 else 0)
    )


def keep_whole(value: str) -> int:
    """A value that is a name from its first to its last character, or none."""
    length = keep_field_name(value)
    return length if length == len(value) and value not in NOT_CHINESE_NAMES else 0


def keep_known(value: str) -> int:
    """A value that `keep_name` takes to its last character, or none."""
    return len(value) if keep_name(value) == len(value) else 0


def keep_titled(value: str) -> int:
    """A surname alone, or a whole name."""
    if value in SURNAMES or value in COMPOUND_SURNAMES:
        return len(value)
    return keep_whole(value) if keep_name(value) else 0


_NEXT_FIELD = r"(?:性别|年龄|出生|民族|科室|科别|床号|住院|门诊|职业|婚姻|电话|身份|籍贯|联系|病案|与患者|关系|签名|签字|工号|日期|时间|病区|性 别)"
_FIELD_VALUE = rf"(?P<v>[{HAN}]{{2,6}}?(?:[·•・][{HAN}]{{1,8}}){{1,3}}|[{HAN}]{{2,4}}?(?=[^{HAN}]|{_NEXT_FIELD}|\Z)|[{HAN}]{{2,4}})"
_SPACED_VALUE = rf"(?P<v>[{HAN}][ 　]{{1,2}}[{HAN}](?![{HAN}]))"
_NAME_LABELS = "姓名|患者姓名|病人姓名|患儿姓名|产妇姓名|孕妇姓名|姓　名|姓 名|姓  名|名字|受检者|受检者姓名|就诊人|真实姓名|受试者姓名|客户姓名|家长姓名|母亲姓名|父亲姓名|联系人姓名|家属姓名|监护人姓名"
_PERSON_LABELS = (
    "联系人|紧急联系人|主诊医师|主治医师|主治医生|主任医师|副主任医师|住院医师|住院医生|经治医师|经治医生|经管医生|管床医生|医师签名|医生签名|医师签字|医生签字|患者签名|家属签名|护士签名|医师|医生|"
    "签名|签字|记录人|记录者|记录医师|书写者|书写医师|报告医师|报告医生|报告者|报告人|审核医师|审核医生|审核者|审核人|检查医师|检验者|检验师|诊断医师|护士|责任护士|当班护士|值班护士|陪护|陪护人|陪同|监护人|家属|父亲|母亲|父|母|丈夫|妻子|"
    "配偶|儿子|女儿|申请医师|申请医生|开单医生|开方医生|处方医师|调配|核对|发药|手术医师|手术者|术者|主刀|主刀医师|一助|二助|第一助手|第二助手|助手|麻醉师|麻醉医师|麻醉者|器械护士|巡回护士|病史陈述者|陈述者|供史者|病史提供者|送检医师|"
    "送检医生|接诊医生|接诊医师|首诊医师|值班医师|值班医生|上级医师|会诊医师|会诊医生|随访人|随访医生|患者|病人|患儿|病员|产妇|申请人|代办人|委托人|授权人|收件人|收货人|户主|投保人|被保险人|持卡人|开户名|户名|操作者|技师|药师|质控医师|质控护士|指导医师|带教老师|研究者|受试者"
)
TITLES = "先生|女士|小姐|太太|医生|医师|大夫|主任|主任医师|副主任|副主任医师|主治医师|主治医生|住院医师|教授|护士|护士长|护师|院长|老师|同志|药师|技师|阿姨|大爷|大妈|奶奶|爷爷|叔叔|师傅|老人|某某|博士|科长|总住院"
_BEFORE_NAME = "请经由与和向被让对跟给予为是到找见约随遵及同叫告知至当班家属儿媳婿子女夫妻父母人者医师师士长任授生"

CHINESE_NAMES = (
    rule("NAME", _NAME_LABELS, rf"(?:{alternatives(_NAME_LABELS)})(?:{COLON}|[ \t　]+|为|是){_FIELD_VALUE}", precise=True, keep=keep_whole_name),
    rule("NAME", _NAME_LABELS, rf"(?:{alternatives(_NAME_LABELS)})(?:{COLON}|[ \t　]+){_SPACED_VALUE}", precise=True),
    rule("NAME", "姓名|name|patient name|patient|患者|联系人|家属", rf"(?i:姓名|(?:patient )?name|patient|患者|联系人|家属)(?:\([^()\n]{{1,8}}\)|（[^（）\n]{{1,8}}）)?{COLON}{_FIELD_VALUE}", keep=keep_field_name),
    rule("NAME", _PERSON_LABELS, rf"(?:{alternatives(_PERSON_LABELS)})(?:\([^()\n]{{1,12}}\)|（[^（）\n]{{1,12}}）)?(?:签名|签字|姓名)?{COLON}{_FIELD_VALUE}", keep=keep_field_name),
    rule("NAME", _PERSON_LABELS + "|签名人|签字人|落款", rf"(?:{alternatives(_PERSON_LABELS + '|签名人|签字人|落款')})[ \t　_]{{1,6}}{_FIELD_VALUE}", keep=keep_name),
    # 患者张伟，男，45岁
    rule("NAME", "患者|病人|患儿|病员|病患|产妇|孕妇|老人|伤者|死者|受试者|就诊者", rf"[{HAN}]{{2,3}}[ ]?(?P<v>[{HAN}]{{2,4}})(?=[，,、（( ]{{1,2}}(?:男|女|\d))", precise=True, keep=keep_whole),
    rule("NAME", "患者|病人|患儿|病员|病患|产妇|孕妇|老人|家长|家属|妻子|丈夫|女儿|儿子|父亲|母亲|哥哥|姐姐|弟弟|妹妹|配偶|爱人|邻居|同事|朋友|陪护|护工|司机|儿媳|女婿|护士|医生|医师|主任|护士长|其妻|其夫|其子|其女|其母|其父|主刀|联系|告知|陪同|叫|自称|名叫|名为|联系人", rf"(?:{alternatives('患者|病人|患儿|病员|病患|产妇|孕妇|老人|家长|家属|妻子|丈夫|女儿|儿子|父亲|母亲|哥哥|姐姐|弟弟|妹妹|配偶|爱人|邻居|同事|朋友|陪护|护工|司机|儿媳|女婿|护士|医生|医师|主任|护士长|其妻|其夫|其子|其女|其母|其父|主刀|联系|告知|陪同|叫|自称|名叫|名为|联系人')})[“\"（(]?(?P<v>[{HAN}]{{2,4}})", keep=keep_name),
    # After these only a surname with two more characters of given names.
    rule("NAME", "由|请|经|与|和|向|跟|让|被", rf"[由请经与和向跟让被](?P<v>[{HAN}]{{3}})", keep=keep_known),
    rule("NAME", "由|请|经|与|和|向|跟|让|被", rf"[由请经与和向跟让被](?P<v>[{HAN}]{{2,4}}?)(?=主刀|行|施|完成|操作|医|主任|教授|护|大夫|陪|协助|进行手术|会诊|手术|签|负责|代述|讲解|沟通|电话)", keep=keep_known),
    rule("NAME", "我叫|名叫|本人叫|我是|我的名字是|我的名字叫|叫做|化名", rf"[{HAN}]{{2,5}}?(?P<v>[{HAN}]{{2,4}}?)(?=[，,。；;！!、 （(]|今年|来自|\Z|\n)", keep=keep_whole),
    # 张伟，男，45岁 and 张伟 男 45岁
    Rule(
        kind="NAME", triggers=("男", "女"),
        pattern=r"性?[，,、 \t|/　;；]{0,3}(?:年龄[:：]?)?(?:\d{4}(?=年)|\d{1,3}|[一二三四五六七八九十]{1,3})[ ]?(?:周?岁|个?月|天|年|[yY])",
        behind=rf"(?<![{HAN}])(?P<v>[{HAN}]{{2,4}})[，,、 \t|/　;；（(]{{1,3}}(?:性别[:：]?)?\Z", keep=keep_whole, precise=True,
    ),
    # 请张主任会诊, 王丽护士, 欧阳建国教授
    *(
        Rule(
            kind="NAME", triggers=tuple(TITLES.split("|")), pattern="", keep=keep,
            behind=rf"(?:(?<![{HAN}])|(?<=[{before}]))(?P<v>[{HAN}]{{{length}}})\Z",
        )
        for length, before, keep in ((1, _BEFORE_NAME, keep_titled), (2, _BEFORE_NAME, keep_titled), (3, HAN, keep_known), (4, HAN, keep_known))
    ),
    # 签名 at the end of a note: 医师：张伟/李强
    rule("NAME", _PERSON_LABELS, rf"(?:{alternatives(_PERSON_LABELS)}){COLON}[{HAN}]{{2,4}}[/、，, ]{{1,2}}{_FIELD_VALUE}", keep=keep_known),
)  # fmt: skip
