"""Word lists that names are recognised with: surnames, given names, and the words that look like names and are none."""

# ruff: noqa: SIM905 - word lists
from __future__ import annotations

SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘"
    "杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷"
    "施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪"
    "靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池"
    "滕晋苑邬臧畅宫嵇娄练仇栾咸党宗奚蒲麻买冼褚肖宣闫代佟苟应伊商连仲艾宿冀郁阚巩冷明楚储危盖晏鞠邸虞喻师展"
    "赫付祖茅印母巨桑伏荀匡粟湛麦宇鄢敖帅占涅缪原尚党揭衣岑丑暴农"
)  # fmt: skip
COMPOUND_SURNAMES = (
    "欧阳 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司徒 端木 东方 南宫 轩辕 独孤 申屠 百里 呼延 濮阳 闻人 澹台"
).split()

GIVEN_CHARACTERS = frozenset(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国文志辉玲永健世广义良海山仁波宁贵福生龙元全胜学"
    "祥才发武新利清飞彬富顺信子昌成康星光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪心邦承乐绍功松善厚庆"
    "民友裕河哲江浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋斌梁栋维启克伦翔旭鹏泽晨辰士以家致树炎德行时泰盛雄琛钧冠"
    "策腾楠榕风航弘慧巧美淑惠珠翠雅芝萍芬彩春菊凤洁琳素云莲真环雪荣爱妹香月莺媛瑞凡佳嘉琼勤珍贞莉叶璧璐娅琦"
    "晶妍茜秋珊莎锦黛青倩婷姣婉娴瑾颖露瑶怡婵雁蓓纨仪荷丹蓉眉君琴蕊薇菁梦岚苑婕馨瑗琰韵融园艺咏卿聪澜纯毓悦"
    "昭冰爽琬茗羽希欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝丝宝晴雨桐宇轩涵梓萱诗琪浩睿俊熙雯诺"
    "依钰淇彤煜宸逸阳皓语嫣紫若曦沐恩昊然铭泓铮钦楚恒朝森帆峰峻岭川淼滨润涌洪源湘沁津沛瀚渊漪澄莹璇珂珺玥琮璋"
    "玮珏琨瑜瑄璟祺祯祎禄福禧祖祁立章童竞端笑策筱简箫籽精紫纪纲绪绮维绵缨罡羲翊耀耘联聆肃胤臻舟航良艾芃苏苗茵"
    "荟莎莘菱萌葆蓝蔚蕾薪藜虎虹蝶衍裕观谊谨豫贤赫超越跃轶辛迅远连迪逍道遥邦郁郎金鑫钟钊钰铁铎银锋锐锡镇长门开"
    "阔陆雷霖靖韬顶顺颂颜飒馗馨骁骏骞高魁鲁鸥鸿鹤鹃麒麟黎默齐龄仲任优传伶侠保信俪倍修健偲傲元允充兆先兴其典冬"
    "凌凯刘加劲励勋化北千升卓南占卫印厉友双叔古召吉同名君启吟吾周呈咏品哈唯喆嘉圆坤城培堂塔增壬复多大天太奎好"
    "如妙妮姗姝姿娇娥婧嫦嫒子存孝季学孟守宗定官宛宝宣容宽宾密寅察小少尔尚尧展峡崇嵘工左巍帅干年庭康廷弟强归彦"
    "彭征律得微徽必忆志忠念怀恋恬恺惟惜意慈成戈戎才扬承抒拓捷放敏敬方施旋旗日旦昂昆易春昱显晋晏晖智暖暄暮曙曼"
    "最望朗木本权材来杏杨柏染柯柳根格桃桥梅椿楷榆正步殿毅比水汉沈沙沉泉法泊洲流浦润溪滔潇潮焕照熠燕爵玄王玟珩"
    "理琅琢甜甫田申画登白百皎益盈目直相眷知石研砚硕祝秉秋科秦程穆空立章竣笛第米粒糖索红纤细经绍统继绣续罗群者"
    "耿聚育胜能自至舜色芊芯花芷苇苒范茹草荃荆莫莱菀菡萧葵蒙蒲蓬蓁蕙薛虹行衡裳西见角解言计训许语诣课谋谢谷贝财"
    "贡赋赞起越路辉达运进远途通造逢遇邱郭都酉里重野量"
    "一东西南柱拴锁根牛娃娣妹囡喜书画笔墨诗词歌曲桑榕槐柠橙橘桔樱桦杉枚枭杏李梨楼标模歆款殷汝汐池汪沁沅泳泊泱兆"
    "洛洵济浔浙浚浣涓淇淑淦添渝渺湖湛溢漫潞澈澎濡灵炜炫炳烁烈烨焱焰煊煌煦爽特犇献玖玘玛玫珈珏琊琏琬琮琰璞"
    "瓒甄畅略皖盼眸睦矜砺碧磐祈祉禹禾秩稳穗笙筝箐纬纶绎绘绚绫缇缘罕翀耕肖肇胭脩芙芦芮苓"
    "茉茏荏莅莉莞菊萍萱葳蒂蒋蓉蔓蔷薏藤蘅虞蜜蝉褚询诤谛谧贞贤赐赢轲轶载辈辕迎迟迦适逊逾邓邢郅郑"
    "鄂酝醒醇采钒钗钧钻铃铠铸锌锴镕镜闯闽阁阅阮际陵隆隽雄雅零震霆霈霓霜靓韵音颐颢飘饶驰驹驿骄骅骥"
    "鲲鲸鹂鹊鹰鹿鼎丕业丛串丰万三九五八七六双四百千甲乙丙庚辛壬癸丑寅卯午未申酉戌亥钱土地旺财发富贵荣花草叶树"
)  # fmt: skip
"""Characters that given names are usually made of; contexts that are weak accept a name only of these."""

NOT_CHINESE_NAMES = frozenset(
    "安静 高大 高中 高明 高兴 高龄 高级 康复 平时 平均 平安 万一 时有 时而 时间 明显 明确 文化 方法 方可 方能 方面 常规 常见 常年 "
    "成年 成功 成人 连续 应用 应予 应在 强化 强光 白天 白色 黄色 黄金 红色 金色 关节 关系 关心 温度 和平 向上 向心 江水 "
    "金属 何时 何日 左右 于是 于今 于此 路上 任何 任意 程序 程度 严重 严格 解除 解放 有时 石化 马上 万全 万能 华人 "
    "全身 单纯 单发 单一 包块 边界 盛行 景象 辛辣 冷水 冷敷 米粒 花生 水化 水平 原有 原先 原发 武汉 宁波 安阳 安庆 洛阳 "
    "宫颈 宫内 麻醉 房颤 毛发 甘草 金银 易发 易于 季节 左手 左眼 左心 左上 左中 左下 左足 左大 左小 项目 古代 关于 "
    "师傅 房间 成分 时好 常有 常在 曾有 曾在 余年 余无 白发 游泳 向来 应有 易怒 康健 华西 协和 同济 湘雅 齐鲁 "
    "查体 查房 查血 查出 宿醉 连日 连年 项部 温水 温和 明日 明天 明年 尚可 尚有 尚好 时长 米饭 施行 施加 单位 管理 管路 解大 解小 "
    "麦冬 石斛 白芍 白芷 白术 白及 白果 白薇 白头 黄芩 黄芪 黄连 黄柏 黄精 金樱 金钱 石膏 石英 石决 龙胆 龙荟 龙骨 龙眼 花粉 柏子 柏叶 柴胡 常山 "
    "梅子 牛膝 牛黄 牛蒡 桂枝 桂皮 全蝎 安息 安宫 葛根 苏叶 苏木 苏子 苏梗 丁香 艾叶 茅根 麻仁 马勃 马兰 向导 于经 乌梅 山药 元参 连翘 车前 单味 党参 冬瓜 米仁 景天 "
    "车祸 车上 商量 包括 牛奶 金山 苗条 石头 石家 相关 家庭 同意 申请 冷热 干湿 阳性 阴性 平卧 连用 代为 代理 代诉 充足 "
    "广东 广西 江苏 江西 云南 河南 河北 海南 山东 山西 陕西 湖南 湖北 安徽 浙江 福建 贵州 四川 青海 甘肃 宁夏 台湾 "
    "高血 高热 高烧 方式 白班 夜班 于家 于家中 于院 于路 于外 于上 于下 于本 于明 于年 于春 于秋 于冬 于夏 于同 于当 "
    "安排 安慰 向家 向其 时常 时值 和家 任务 常德 常州 余家 康泰 强烈 强直 段落 雷同 计量 计算 史可 史有 史无 柏油 "
    "印象 明知 明白 明亮 冷却 单人 单次 单双 单侧 全面 全程 全部 全家 华北 华南 文书 文章 文盲 文字 文献 方向 "
    "严密 成都 成长 成立 成员 成本 常温 常用 常理 应当 应急 应答 应激 席位 应该 卫生 平素 平日 支付 公民 银行 包扎 图片 微信 加微信 关闭 关怀 关注 盖被 干燥 干咳".split()
)
"""Words that start with a surname and continue with characters of given names, and are no names."""

PROVINCES = (
    "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 "
    "陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门"
).split()
CITIES = (
    "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁 呼和浩特 "
    "包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳市 葫芦岛 长春 吉林市 "
    "四平 辽源 通化 白山 松原 白城 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 佳木斯 七台河 牡丹江 黑河 绥化 南京 无锡 徐州 "
    "常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 合肥 芜湖 蚌埠 "
    "淮南 马鞍山 淮北 铜陵 安庆 黄山市 滁州 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 "
    "景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 "
    "滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰 宜昌 襄阳 "
    "鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 广州 韶关 "
    "深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山市 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 "
    "钦州 贵港 玉林 百色 贺州 河池 来宾市 崇左 海口 三亚 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 "
    "宜宾 广安 达州 雅安 巴中 资阳 贵阳 六盘水 遵义 安顺 毕节 铜仁 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 大理 拉萨 西安 铜川 "
    "宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银市 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 西宁 银川 石嘴山 吴忠 "
    "固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密 昆山 义乌 海淀 浦东 徐汇 江阴 常熟 张家港 慈溪 余姚 晋江"
).split()

GIVEN_NAMES = frozenset(
    "james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark "
    "donald steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary "
    "nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander patrick frank raymond "
    "jack dennis jerry tyler aaron jose adam nathan henry zachary douglas peter kyle noah ethan jeremy walter keith "
    "roger terry sean gerald carl harold dylan arthur lawrence jordan jesse bryan billy bruce gabriel joe logan albert "
    "willie alan eugene russell vincent philip bobby johnny bradley mary patricia jennifer linda elizabeth barbara "
    "susan jessica sarah karen lisa nancy betty sandra margaret ashley kimberly emily donna michelle carol amanda "
    "melissa deborah stephanie dorothy rebecca sharon laura cynthia amy kathleen angela shirley brenda emma anna pamela "
    "nicole samantha katherine christine helen debra rachel carolyn janet maria catherine heather diane olivia julie "
    "joyce victoria ruth virginia lauren kelly christina joan evelyn judith andrea hannah megan cheryl jacqueline "
    "martha madison teresa gloria sara janice ann kathryn abigail sophia frances jean alice judy isabella julia grace "
    "amber denise danielle marilyn beverly charlotte natalie theresa diana brittany doris kayla alexis lori marie "
    "oliver liam mason elijah lucas aiden leo owen luke isaac hugo felix oscar max simon martin ivan igor dmitri "
    "sergei vladimir boris olga natalia svetlana tatiana irina elena ingrid astrid bjorn lars erik sven anders johan "
    "hans klaus jurgen wolfgang heinrich friedrich stefan matthias katrin sabine petra monika ursula helga giuseppe "
    "giovanni marco luca francesca chiara giulia alessandro matteo pierre jacques michel philippe francois claude "
    "camille chloe manon carlos luis jorge miguel pedro juan pablo diego fernando alejandro ricardo eduardo roberto "
    "carmen rosa ana lucia sofia valentina gabriela guadalupe ahmed mohammed muhammad ali omar hassan hussein ibrahim "
    "yusuf fatima aisha khadija layla zainab mariam priya anjali rahul amit sanjay vijay ravi deepak sunita lakshmi "
    "arjun rohan neha pooja kenji hiroshi takashi yuki akiko yoko haruto sakura minh linh thuy anh tuan wei ming li "
    "xiao jun hao min ji hyun soo eun kwame kofi ama abena chidi ngozi chinedu oluwaseun adebayo thabo sipho nia "
    "malik jamal aaliyah latoya tyrone darnell shaniqua siobhan niamh sinead aoife declan cormac eamon fiona callum "
    "hamish ewan alistair gareth rhys bronwyn dafydd tomasz piotr krzysztof agnieszka katarzyna malgorzata zofia "
    "jakub vaclav zdenek ondrej jiri zoltan laszlo istvan gabor eszter mehmet mustafa ayse emre dimitris yiannis "
    "nikos eleni walter wendy tracy tammy dawn tina peggy phyllis louise edith florence ethel gladys mildred agnes "
    "harriet eleanor rosemary maureen sheila geraldine colleen marjorie lorraine bernard clarence ernest leonard "
    "stanley norman herbert alfred clifford howard wallace chester edgar gilbert leroy marvin melvin milton vernon "
    "randall curtis travis craig derek shane trevor corey dustin brett chad troy wesley glenn todd darren neil graham "
    "nigel clive colin derrick ian geoffrey rupert imogen beatrice phoebe harry ella ava mia zoe lily chloe rory "
    "stuart gordon angus duncan malcolm desmond cedric percy winifred esther naomi miriam leah judah ezra tobias "
    "hector xavier rafael emilio esteban marisol consuelo dolores esperanza ximena thiago joao tiago beatriz ines".split()
)

NOT_NAMES = frozenset(
    # words of forms and notes
    "date dob birth age sex male female gender address phone tel telephone mobile fax email mrn ssn id number no name names "
    "patient patients pt dr mr mrs ms miss prof doctor nurse hospital clinic clinics center centre department dept unit ward room bed "
    "unknown none nil anonymous n/a na tbd same self signature signed signs admission discharge diagnosis history "
    "exam examination assessment plan medications medication allergies chief complaint reason visit note notes report "
    "summary follow following attending resident physician surgeon provider consultant referring primary care service "
    "insurance policy account status type time year month day today yesterday tomorrow the this that these those a an "
    "and or but if is was were are be been has had have he she it they we i you his her their our my your its who "
    "which what where when why how no not yes on in at of for from to by with without as after before during since until "
    "all any some most each every both either new old first second third last next other another please see "
    # specialties and places of a hospital
    "cardiology neurology radiology oncology surgery medicine pediatrics paediatrics psychiatry dermatology orthopedics "
    "orthopaedics urology nephrology gastroenterology endocrinology hematology haematology pulmonology rheumatology "
    "ophthalmology obstetrics gynecology gynaecology anesthesia anesthesiology anaesthesia pathology pharmacy physical "
    "occupational speech therapy therapist social work worker case manager management infectious disease diseases internal general "
    "emergency trauma vascular thoracic plastic interventional critical intensive icu er ed ent pcp gi gu id pt ot "
    "neurosurgery otolaryngology hospitalist hospitalists dietitian nutrition team staff family health mental public home hospice palliative "
    "university college school institute laboratory lab foundation association society national international american "
    "british european chinese united states world north south east west northern southern eastern western central "
    "street road avenue lane drive court city county state country "
    # days, months
    "january february march april may june july august september october november december jan feb mar apr jun jul aug "
    "sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun "
    # medicine that is written with a capital
    "mri ct ecg ekg eeg emg cxr ultrasound xray x-ray blood pressure heart rate temperature vital signs bp hr rr spo2 wbc rbc "
    "hiv hbv hcv copd cad chf dm htn gerd uti dvt pe mi cva tia aspirin insulin metformin lisinopril warfarin heparin "
    "tylenol ibuprofen lasix zoloft prozac lipitor plavix parkinson alzheimer crohn graves hodgkin cushing addison down "
    "turner marfan raynaud sjogren bell babinski romberg foley glasgow apgar gram doppler holter swan ganz murphy "
    "mcburney kernig brudzinski coombs pap guillain barre kawasaki huntington tourette wilson asperger rorschach "
    "left right upper lower acute chronic severe mild moderate stable normal abnormal positive negative elevated bilateral "
    "denies reports states presents complains diabetes hypertension cancer asthma pneumonia syndrome disorder test "
    "advised agreed called informed present available aware accompanied alone children child son daughter wife husband "
    "mother father brother sister uncle aunt cousin friend neighbor neighbour parents parent guardian spouse partner "
    "sincerely regards dear re cc thank thanks hello hi best yours english spanish mandarin cantonese catholic christian "
    "jewish muslim caucasian hispanic african asian white black latino latina indian german french italian japanese "
    "korean russian vietnamese method methods result results adm handoff debit".split()
)
"""Lower-case words that a name neither starts with nor contains, whatever stands before them."""

COMMON_WORD_SURNAMES = frozenset(
    "white black brown green gray grey young long short little small strong rich poor good best day may june august "
    "summer winter snow rain hill wood woods stone field fields lake rivers banks park parks hall house street church bishop king "
    "knight page price cook baker mason carpenter hunter fisher walker rose lily grace hope faith joy dawn amber ruby "
    "mark bill will rob sue pat drew chase grant frank earnest max art ray jack bell wells waters bush reed ash love "
    "power cross fast sharp swift wise noble gold silver iron key case child man mann new read bond ward nurse pain "
    "burns head hand foot hart heart back bone blood cancer shock stroke ng an so do he you le la de li min ma ho see "
    "august april parkinson graves crohn cushing".split()
)
"""Names that are words too: one of them alone is not taken for the person of whom the text spoke before."""
