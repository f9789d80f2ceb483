"""Rules for Chinese: addresses, dates and labelled identifiers. Names are in `names_chinese`."""

from __future__ import annotations

import re

from medpress.writing_systems import HAN
from nlp.phi.gazetteer import CITIES, PROVINCES
from nlp.phi.rule import Rule

_SPACE = r"[ \t　]*"
COLON = rf"{_SPACE}(?:\*\*)?{_SPACE}[:：|=]{_SPACE}(?:\|{_SPACE})?(?:\*\*)?{_SPACE}"


def rule(kind: str, triggers: str, pattern: str, **options: object) -> Rule:
    return Rule(kind=kind, triggers=tuple(triggers.split("|")), pattern=pattern, **options)  # type: ignore[arg-type]


def alternatives(labels: str) -> str:
    return "|".join(re.escape(label) for label in sorted(labels.split("|"), key=len, reverse=True))


_AREAS = "|".join(sorted((*PROVINCES, *CITIES), key=len, reverse=True))
_LEVELS = rf"(?:(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区|特别行政区))?(?:[{HAN}]{{1,7}}?(?:自治州|地区|盟|市))?(?:[{HAN}]{{1,7}}?(?:自治县|新区|开发区|高新区|区|县|旗|市))?"
_DETAIL = rf"(?:[{HAN}]{{1,8}}?(?:街道|镇|乡|路[一二三四五六]段|路|大街|大道|街|巷|胡同|弄|村|社区|小区|花园|新村|苑|家园|公寓|大厦|广场|里|庄|屯|组|队|道)(?:[东南西北中]段)?|(?:甲|乙)?[\d０-９一二三四五六七八九十百零〇]{{1,5}}(?:-\d{{1,5}}){{0,3}}(?:号楼|号院|号|弄|巷|栋|幢|单元|室|楼|层|座|组|队|期|支弄|门)|[A-Za-z]\d?(?:座|栋|区|单元|楼)|[A-Z]?\d{{2,4}}室?(?![\d年月日.,%％岁元]))"
_ADDRESS_VALUE = r"(?P<v>[^\s，,。；;|][^\n，,。；;|]{3,50}?)"
_ADDRESS_LABELS = "家庭住址|家庭地址|现住址|现住地址|户籍地址|户口地址|户籍地|户口所在地|常住地址|住址|联系地址|居住地址|通讯地址|居住地|详细地址|现居住地|通信地址|收货地址|单位地址|户籍所在地|现住"

_PLACE_LABELS = "地址|住址|现住址|籍贯|出生地|户籍|户籍地|居住地|现居|现居地|常住地|呼叫地点|现场地址|现场地点|事发地点|出事地点|接诊地点|发病地点|出险地点|家庭地址"

ADDRESS_RULES = (
    rule("ADDRESS", _ADDRESS_LABELS, rf"(?:{alternatives(_ADDRESS_LABELS)}){COLON}{_ADDRESS_VALUE}(?=[ \t　]*(?:[\n，,。；;|]|\Z|[ 　]{{1,}}(?:电话|邮编|联系|手机|职业|身份|单位|入院|民族)))", precise=True, keep=lambda value: len(value) if not value.startswith(("不详", "同上", "未", "无", "保密")) else 0),
    rule("ADDRESS", "|".join((*PROVINCES, *CITIES)), rf"(?P<v>(?:{_AREAS}){_LEVELS}(?:{_DETAIL})+)", keep=lambda value: len(value) if len(value) > 4 else 0),
    rule("ADDRESS", "|".join((*PROVINCES, *CITIES)), rf"(?P<v>(?:{_AREAS})(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?(?:[{HAN}]{{1,5}}?(?:自治州|市))?[{HAN}]{{1,5}}?(?:自治县|新区|(?<![地山疫病社院校牧灾城郊景辖片市林矿库])区|县))(?!医|中心|妇|人民|域|分|别|级|卫生)"),
    rule("ADDRESS", "|".join((*PROVINCES, *CITIES)), rf"(?P<v>(?:{_AREAS})(?:省|自治区)?(?:[{HAN}]{{2,5}}?市)(?:[{HAN}]{{1,5}}?(?:市|县|区))?)(?!医|中心|妇|人民|第|卫生|疾|级|儿|公安|立|场)"),
    rule("ADDRESS", "现住于|家住|住在|居住于|居住在|现住|暂住|租住|籍贯|祖籍|出生地|出生于|生于|来自|长期居住|久居|户籍|迁居|定居|老家|居于|原籍|务工于|返回|回到|途经|旅居", rf"[{HAN}]{{2,4}}?(?:于|在|[:：])?[ ]?(?P<v>(?:{_AREAS})(?:省|市|自治区)?(?:(?:{_AREAS})市?)?(?:[{HAN}]{{1,5}}?(?:市|县|区|镇|村|乡|州))?(?:[{HAN}]{{1,5}}?(?:镇|村|乡|县))?)"),
    rule("ADDRESS", "现住于|家住|住在|居住于|居住在|现住|暂住|租住|地址", rf"[{HAN}]{{2,4}}?(?:于|在|[:：])?[ ]?(?P<v>[{HAN}]{{0,6}}(?:{_DETAIL}){{1,8}})", keep=lambda value: len(value) if len(value) > 3 and not value.endswith(("楼", "层")) else 0),
    rule("ADDRESS", _PLACE_LABELS, rf"(?<![网箱件PpCc])(?:{alternatives(_PLACE_LABELS)})(?:{COLON}|[ \t　]+)(?P<v>[{HAN}][{HAN}\dA-Za-z#（）()-]{{1,40}})", keep=lambda value: len(value) if not value.startswith(("不详", "同上", "同", "未", "无", "保密", "电话", "联系", "性别", "民族", "职业", "婚姻", "记录", "入院")) else 0),
    rule("ADDRESS", "邮编|邮政编码", r"(?:邮编|邮政编码)[:：]?[ ]?(?P<v>\d{6})(?!\d)", precise=True),
)  # fmt: skip

_NUMBER = "[一二三四五六七八九十]{1,3}"
CHINESE_DATE = re.compile(
    r"\d(?<![\d.]\d)(?:\d{3}|(?<!\d\d)\d)[ ]?年[ ]?(?:0?[1-9]|1[0-2])[ ]?月(?:[ ]?份|(?:[ ]?(?:0?[1-9]|[12]\d|3[01])[ ]?[日号])?)"
    r"|\d(?<![\d.]\d)(?:(?<=1)[0-2]|(?<=0)[1-9]|(?<=[1-9]))[ ]?月[ ]?(?:0?[1-9]|[12]\d|3[01])[ ]?[日号](?!线)"
    rf"|[一二〇零○][〇零○一二三四五六七八九]{{3}}年{_NUMBER}月(?:{_NUMBER}[日号])?|{_NUMBER}月{_NUMBER}[日号](?!线)"
)
_DATE_LABELS = "出生日期|出生年月|出生年月日|出生|生日|入院日期|入院时间|出院日期|出院时间|就诊日期|就诊时间|手术日期|手术时间|死亡时间|死亡日期|记录时间|记录日期|报告日期|报告时间|检查日期|检查时间|采样时间|送检日期|入科时间|签名日期|住院日期|末次月经"
_ANY_DATE = rf"(?P<v>\d{{4}}[ ]?[-/.年][ ]?\d{{1,2}}(?:[ ]?[-/.月][ ]?\d{{1,2}}[ ]?[日号]?|[ ]?月)|\d{{8}}(?!\d)|{CHINESE_DATE.pattern})"

DATE_RULES = (
    rule("DATE", _DATE_LABELS, rf"(?:{alternatives(_DATE_LABELS)})(?:{COLON}|[ \t　]+|为|是){_ANY_DATE}", precise=True),
    rule("DATE", "本月|上月|下月|当月|嘱|约于|定于", r"(?:本月|上月|下月|当月|嘱|约于|定于)[ ]?(?P<v>(?:0?[1-9]|[12]\d|3[01])[日号])(?![线楼床])"),
    rule("DATE", "于|至|自|从|在|到|日期|时间|，|。|；|、|\n", r"(?:日期|时间|[于至自从在到，。；、\n])[ ]?(?P<v>(?:0?[1-9]|1[0-2])[-/](?:0?[1-9]|[12]\d|3[01]))(?=[复转出入再来就行住查因开门术发起我外给服加停首做至到]|[ ]?\d\d[:：]\d\d)"),
)  # fmt: skip

_LABEL_END = rf"(?:{_SPACE}(?:号码|编号|号|码|ID|No\.?|NO\.?|账号))?(?:\([^()\n]{{1,8}}\)|（[^（）\n]{{1,8}}）)?{_SPACE}(?:\*\*)?{_SPACE}(?:[:：=#|№]+{_SPACE}[|]?(?:\*\*)?{_SPACE}|为{_SPACE}|是{_SPACE}|{_SPACE})(?:No\.?|NO\.?|#)?{_SPACE}"
_ID = r"(?P<v>[A-Za-z]{0,4}[-]?[\d０-９][\d０-９A-Za-z]*(?:[-/][\dA-Za-z]*\d[\dA-Za-z]*)*)"
_SPACED_ID = r"(?P<v>[A-Za-z]{0,3}\d[\dA-Za-z]*(?:[- ]?\d[\dA-Za-z]+)*)"


def _labelled(kind: str, labels: str, digits: int, precise: bool = True, value: str = _ID) -> Rule:
    def keep(found: str) -> int:
        return len(found) if sum(c.isdigit() for c in found) >= digits else 0

    return rule(kind, labels.lower(), rf"(?i:{alternatives(labels)}){_LABEL_END}{value}", precise=precise, keep=keep)


IDENTIFIER_RULES = (
    _labelled("RECORD", "住院号|门诊号|病案号|病历号|就诊号|登记号|病人号|患者编号|患者id|病人id|住院流水号|门诊卡号|就诊卡号|诊疗卡号|就诊卡|诊疗卡|急诊号|留观号|档案号|体检号|体检编号|健康卡号|挂号单号|流水号|病员号|病案首页号|门诊病历号|健康档案号|患者号|id号|住院编号|病例号|卡片号|就诊序号|病历本号", 4),
    _labelled("INSURANCE", "医保卡号|医保号|医保卡|医疗保险号|医保编号|社保号|社保卡号|社保卡|社会保障号|社会保障号码|社会保障卡号|医疗保险卡号|医疗证号|新农合证号|合作医疗证号|合作医疗号|保单号|参保号|医保个人编号|个人编号|保险单号|医保电脑号|农合号|参合号|医疗保险证号|公费医疗证号|医疗卡号", 5),
    _labelled("PASSPORT", "护照号码|护照号|护照|passport|港澳通行证|通行证号|台胞证|回乡证", 6, value=r"(?P<v>[A-Za-z]{0,3}\d{6,9}(?!\d))"),
    _labelled("ID_CARD", "身份证号码|身份证号|身份证|公民身份号码|公民身份证号码|证件号码|证件号|身份号码|身份证件号|居民身份证|idcard|id card", 11, value=r"(?P<v>[\d０-９][\d０-９ *]{13,22}[\dXx０-９Ｘｘ])"),
    _labelled("SOCIAL", "微信号|微信|微信id|wechat|wx|vx|v信|加v|weixin|qq号|qq|qq号码|抖音号|微博|微博id|快手号|支付宝|钉钉号|小红书号|企业微信", 0, value=r"(?P<v>(?=[A-Za-z_-]{0,20}\d|[A-Za-z]+_|[A-Za-z]{6,})[A-Za-z\d][A-Za-z\d_-]{4,29})(?![A-Za-z\d@])"),
    _labelled("BANK_CARD", "银行卡号|银行卡|卡号|储蓄卡号|信用卡号|信用卡|储蓄卡|借记卡|工行卡|建行卡|农行卡|招行卡|工资卡|退费卡号|打款卡号", 12, value=r"(?P<v>\d[\d -]{11,24}\d)"),
    _labelled("ACCOUNT", "银行账号|银行账户|账号|帐号|账户|开户账号|对公账户|缴费账号|预交金账号|结算账户|支付账号|户号|付款账号|收款账号", 6, value=_SPACED_ID),
    _labelled("LICENSE", "驾驶证号|驾驶证|驾照号|驾照|执业证号|执业证书编号|执业证书号|医师执业证书|医师资格证号|资格证书编号|资格证号|军官证|军官证号|士兵证号|学生证号|残疾证号|残疾人证号|出生证号|出生医学证明编号|出生证编号|结婚证号|准生证号|营业执照号|警官证号|律师证号|护士执业证号|证书编号|毕业证号|工作证号|执业编码|老年证号|暂住证号|居住证号|残疾军人证", 4, value=r"(?P<v>[\d０-９A-Za-z（）()字第军政]{0,8}?\d[\dA-Za-z-]{3,})"),
    _labelled("DEVICE", "序列号|设备序列号|设备编号|设备号|机身号|起搏器编号|起搏器序列号|植入物编号|植入物序列号|产品序列号|仪器编号|imei|sn|机器编号|支架编号|条形码|泵序列号|设备sn|设备码|主机编号", 3, precise=False, value=r"(?P<v>(?=[A-Za-z-]{0,8}\d)[\dA-Za-z]+(?:[-/.][\dA-Za-z]+)*)"),
    _labelled("BIOMETRIC", "指纹编号|指纹id|指纹号|指纹模板|指纹码|指纹|声纹编号|声纹id|声纹|虹膜编号|虹膜id|虹膜码|虹膜|人脸id|人脸编号|人脸识别码|面部识别码|掌纹编号|掌纹|人脸特征码|人脸特征编号|生物特征编号|人脸识别编号|dna编号|面容id|虹膜模板|声纹模板", 3, precise=False, value=r"(?P<v>(?=[A-Za-z_-]{0,8}\d)[\dA-Za-z]+(?:[-_/.][\dA-Za-z]+)*)"),
    _labelled("PHOTO", "照片|照片文件|图片|面部照片|正面照|头像|影像文件|患者照片|人像|相片|照片名|面部图像|正面像|图像|自拍", 0, precise=False, value=r"(?P<v>[\w-]{2,60}\.(?i:jpe?g|png|heic|tiff?|bmp|webp))"),
    _labelled("OTHER_ID", "病理号|检查号|影像号|标本号|超声号|放射号|ct号|mr号|x线号|心电图号|检验号|样本号|样本编号|标本编号|条码号|申请单号|申请号|医嘱号|处方号|受试者编号|受试者号|随机号|入组编号|筛选号|工号|员工号|学号|内镜号|胃镜号|肠镜号|报告编号|报告单号|检查编号|单号|发票号|订单号|案件号|报案号|腕带号|床头卡号|入组号|研究编号|编号|切片号|血袋号|献血号|输血单号|供者编号|警号|票据号|取药号|排队号|叫号", 4, precise=False, value=r"(?P<v>(?=[A-Za-z-]{0,8}\d)[\dA-Za-z]+(?:[-/][\dA-Za-z]+)*)"),
    _labelled("FAX", "传真|传真号|传真号码|fax", 7, precise=False, value=r"(?P<v>\+?[\d(（][\d\-. ()（）]{5,18}\d)"),
    _labelled("PHONE", "电话|联系电话|电话号码|手机|手机号|手机号码|联系方式|家庭电话|住宅电话|固定电话|座机|移动电话|本人电话|家属电话|联系人电话|单位电话|致电|拨打|热线|tel|小灵通|来电|电话联系|回访电话", 7, precise=False, value=r"(?P<v>\+?[\d０-９(（][\d０-９\-. ()（）]{5,19}[\d０-９](?:转\d{1,5})?)"),
    rule("VEHICLE", "|".join("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"), r"(?P<v>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][ ·•・-]?(?=[A-HJ-NP-Z]{0,4}\d)[A-HJ-NP-Z\d]{5,6})(?![A-Za-z\d])", precise=True),
    _labelled("VEHICLE", "车牌号|车牌|车架号|车牌号码|发动机号|车辆识别代号|车辆识别码|行驶证号|车辆vin码|vin码", 3, precise=False, value=rf"(?P<v>(?:[{HAN}][A-Z][·•]?)?[A-Z\d]{{5,17}}|[\dA-Za-z-]{{5,20}})"),
    # Whatever a word that ends in 号 names: a number of five digits behind it is that of a person, a case or a thing, unless the
    # word says what is made or printed in numbers (lots, models, approvals, chapters, beds).
    rule("OTHER_ID", "号", rf"(?<=[{HAN}])(?<![批型货文章页序床房室楼班期卷口称符信星一二三四五六七八九十])号(?:码)?{_SPACE}[:：#]?{_SPACE}(?P<v>[A-Za-z]{{0,6}}[-.]?\d[\dA-Za-z]*(?:[-/.][\dA-Za-z]+)*)(?![\d年月:：])", keep=lambda value: len(value) if sum(c.isdigit() for c in value) > 4 else 0),
    rule("OTHER_ID", "（20|(20|〔20|（19|(19", rf"(?P<v>[（(〔](?:19|20)\d\d[）)〕][{HAN}]{{1,2}}\d{{0,4}}[{HAN}]{{1,3}}\d{{1,6}}号)"),
    rule("PHONE", "一|幺|1", r"(?P<v>[一幺1][三四五六七八九3-9][零〇○一幺二三四五六七八九]{9})(?![零〇一二三四五六七八九十百年月])"),
    rule("PHONE", "1", r"(?P<v>(?<![\dA-Za-z])1[3-9]\d(?:[\d*xX]{8})(?<=\d\d))(?![\dA-Za-z*])"),
    _labelled("IP", "ip地址|ip|登录ip|登录地址", 4, value=r"(?P<v>\d{1,3}(?:\.\d{1,3}){3})(?![\d.])"),
)  # fmt: skip

CHINESE_RULES = (*ADDRESS_RULES, *DATE_RULES, *IDENTIFIER_RULES)
