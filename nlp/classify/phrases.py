"""Texts written for this project to train the classifiers where no permissively licensed collection exists.

Every sentence frame below was written by hand for a kind of document, in English and Chinese; `write_documents` fills
them with terms of a specialty, or of a topic outside medicine, and strings them together. The texts teach what a kind
sounds like ("Call your doctor if", "said on Tuesday", "Add to cart"), not facts: they are never corpus text.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

KINDS = ("textbook", "guideline", "article", "patient_information", "news", "advertisement", "forum")
"""Kinds of document that the kind classifier tells apart."""

SPECIALTIES: dict[str, tuple[str, str]] = {
    "cardiology": ("heart failure|hypertension|angina|atrial fibrillation|myocardial infarction|coronary artery disease|beta blocker|statin|echocardiogram|aortic stenosis|pacemaker|cardiomyopathy|palpitations|pericarditis|ECG|stent", "心力衰竭|高血压|心绞痛|房颤|心肌梗死|冠心病|β受体阻滞剂|他汀|超声心动图|主动脉瓣狭窄|起搏器|心肌病|心悸|心包炎|心电图|支架|早搏|血脂"),
    "respiratory": ("asthma|COPD|pneumonia|inhaler|bronchitis|pulmonary fibrosis|spirometry|sleep apnea|pleural effusion|cough|oxygen therapy|bronchoscopy|wheezing|emphysema|lung function", "哮喘|慢阻肺|肺炎|吸入剂|支气管炎|肺纤维化|肺功能|睡眠呼吸暂停|胸腔积液|咳嗽|氧疗|支气管镜|喘息|肺气肿|咳痰|气胸"),
    "gastroenterology": ("peptic ulcer|cirrhosis|Crohn disease|ulcerative colitis|reflux|colonoscopy|hepatitis|pancreatitis|irritable bowel|Helicobacter pylori|jaundice|endoscopy|diarrhea|constipation|gallstones|ascites", "消化性溃疡|肝硬化|克罗恩病|溃疡性结肠炎|反流|肠镜|肝炎|胰腺炎|肠易激|幽门螺杆菌|黄疸|胃镜|腹泻|便秘|胆结石|腹水|胃炎|腹胀"),
    "endocrinology": ("diabetes|insulin|thyroid|hypothyroidism|metformin|HbA1c|Cushing syndrome|osteoporosis|obesity|adrenal insufficiency|pituitary adenoma|hyperglycemia|goiter|parathyroid|ketoacidosis", "糖尿病|胰岛素|甲状腺|甲减|二甲双胍|糖化血红蛋白|库欣综合征|骨质疏松|肥胖|肾上腺皮质功能减退|垂体瘤|高血糖|甲状腺肿|甲状旁腺|酮症酸中毒|甲亢|血糖"),
    "nephrology": ("chronic kidney disease|dialysis|proteinuria|glomerulonephritis|creatinine|nephrotic syndrome|kidney transplant|hemodialysis|renal failure|hyperkalemia|IgA nephropathy|glomerular filtration rate", "慢性肾病|透析|蛋白尿|肾小球肾炎|肌酐|肾病综合征|肾移植|血液透析|肾衰竭|高钾血症|IgA肾病|肾小球滤过率|尿毒症|肾炎"),
    "neurology": ("stroke|epilepsy|migraine|Parkinson disease|multiple sclerosis|dementia|neuropathy|seizure|headache|Alzheimer disease|Guillain-Barre syndrome|levodopa|EEG|tremor|brain|spinal cord", "脑卒中|癫痫|偏头痛|帕金森病|多发性硬化|痴呆|周围神经病|抽搐|头痛|阿尔茨海默病|吉兰-巴雷综合征|左旋多巴|脑电图|震颤|脑梗死|脑出血|头晕|面瘫"),
    "psychiatry": ("depression|anxiety|schizophrenia|bipolar disorder|antidepressant|psychotherapy|insomnia|panic attack|autism|ADHD|suicidal thoughts|cognitive behavioral therapy|PTSD|addiction", "抑郁症|焦虑|精神分裂症|双相障碍|抗抑郁药|心理治疗|失眠|惊恐发作|自闭症|多动症|自杀观念|认知行为治疗|创伤后应激障碍|成瘾|强迫症"),
    "oncology": ("breast cancer|chemotherapy|lung cancer|tumor|metastasis|radiotherapy|melanoma|colorectal cancer|immunotherapy|prostate cancer|biopsy|ovarian cancer|staging|carcinoma|checkpoint inhibitor", "乳腺癌|化疗|肺癌|肿瘤|转移|放疗|黑色素瘤|结直肠癌|免疫治疗|前列腺癌|活检|卵巢癌|分期|癌|靶向治疗|肝癌|胃癌"),
    "haematology": ("anemia|leukemia|lymphoma|thrombocytopenia|hemophilia|iron deficiency|blood transfusion|sickle cell disease|myeloma|bone marrow|platelets|thalassemia|neutropenia|anticoagulant", "贫血|白血病|淋巴瘤|血小板减少|血友病|缺铁|输血|镰状细胞病|骨髓瘤|骨髓|血小板|地中海贫血|粒细胞减少|抗凝药|紫癜"),
    "infectious_disease": ("tuberculosis|HIV|malaria|sepsis|influenza|antibiotic|vaccine|COVID-19|measles|antimicrobial resistance|hepatitis B virus|dengue|Staphylococcus aureus|rabies|fungal infection|virus", "结核|艾滋病|疟疾|脓毒症|流感|抗生素|疫苗|新冠病毒|麻疹|耐药|乙肝病毒|登革热|金黄色葡萄球菌|狂犬病|真菌感染|病毒|手足口病"),
    "rheumatology": ("rheumatoid arthritis|lupus|gout|osteoarthritis|ankylosing spondylitis|methotrexate|joint pain|vasculitis|fibromyalgia|uric acid|scleroderma|synovitis|autoantibodies", "类风湿关节炎|红斑狼疮|痛风|骨关节炎|强直性脊柱炎|甲氨蝶呤|关节痛|血管炎|纤维肌痛|尿酸|硬皮病|滑膜炎|自身抗体|风湿"),
    "dermatology": ("eczema|psoriasis|acne|dermatitis|rash|urticaria|vitiligo|skin lesion|rosacea|topical corticosteroid|itching|warts|shingles|alopecia", "湿疹|银屑病|痤疮|皮炎|皮疹|荨麻疹|白癜风|皮损|玫瑰痤疮|外用激素|瘙痒|疣|带状疱疹|脱发|青春痘"),
    "obstetrics_gynaecology": ("pregnancy|preeclampsia|endometriosis|labor|contraception|menopause|cesarean section|polycystic ovary syndrome|miscarriage|cervical screening|fibroids|gestational diabetes|menstruation|fetus|IVF", "妊娠|子痫前期|子宫内膜异位症|分娩|避孕|绝经|剖宫产|多囊卵巢|流产|宫颈筛查|子宫肌瘤|妊娠糖尿病|月经|胎儿|试管婴儿|白带|痛经|宫外孕"),
    "paediatrics": ("newborn|infant|child growth|breastfeeding|febrile seizure|vaccination schedule|croup|bronchiolitis|neonatal jaundice|toddler|developmental delay|Kawasaki disease|premature baby", "新生儿|婴儿|儿童生长|母乳喂养|热性惊厥|预防接种|喉炎|毛细支气管炎|新生儿黄疸|幼儿|发育迟缓|川崎病|早产儿|宝宝|小儿"),
    "surgery_orthopaedics": ("fracture|hip replacement|appendicitis|hernia|laparoscopy|wound|knee|ligament tear|spine surgery|postoperative|anesthesia|suture|scoliosis|rotator cuff|herniated disc", "骨折|髋关节置换|阑尾炎|疝|腹腔镜|伤口|膝关节|韧带断裂|脊柱手术|术后|麻醉|缝合|脊柱侧弯|肩袖|腰椎间盘突出|颈椎病"),
    "ophthalmology": ("glaucoma|cataract|macular degeneration|retina|myopia|conjunctivitis|dry eye|visual acuity|intraocular pressure|cornea|diabetic retinopathy|uveitis|eye drops", "青光眼|白内障|黄斑变性|视网膜|近视|结膜炎|干眼|视力|眼压|角膜|糖尿病视网膜病变|葡萄膜炎|滴眼液|散光"),
    "ent_dentistry": ("hearing loss|tinnitus|sinusitis|tonsillitis|otitis media|vertigo|tooth decay|gum disease|dental implant|rhinitis|hoarseness|root canal|plaque|orthodontic", "听力下降|耳鸣|鼻窦炎|扁桃体炎|中耳炎|眩晕|龋齿|牙周病|种植牙|鼻炎|声音嘶哑|根管治疗|牙菌斑|正畸|口腔溃疡|智齿"),
    "urology": ("kidney stones|prostate enlargement|urinary tract infection|incontinence|erectile dysfunction|cystoscopy|hematuria|bladder|overactive bladder|PSA|varicocele|ureter", "肾结石|前列腺增生|尿路感染|尿失禁|勃起功能障碍|膀胱镜|血尿|膀胱|膀胱过度活动|前列腺炎|精索静脉曲张|输尿管|包皮|早泄"),
    "traditional_chinese_medicine": ("acupuncture|herbal decoction|qi deficiency|moxibustion|yin and yang|meridian|pulse diagnosis|ginseng|cupping|spleen deficiency", "针灸|汤剂|气虚|艾灸|阴阳|经络|脉诊|人参|拔罐|脾虚|辨证|当归|黄芪|清热解毒|肾阴虚|湿热|舌苔|方剂"),
}  # fmt: skip
"""Specialty -> (English terms, Chinese terms), separated by |."""

GENERAL = (
    "laptop|smartphone|electric car|football match|stock market|web server|kitchen table|holiday rental|running shoes|guitar|housing loan|coffee machine|tax return|video game|garden fence|railway line|camera lens|novel|election|software update|winter jacket|satellite|wheat harvest|bicycle|database|bridge construction|film festival|oil price|chess opening|sourdough bread|sofa|headphones|plugin|solar panel|airline ticket|museum|sneakers|dress|lawn mower|wooden shelf",
    "笔记本电脑|手机|电动汽车|足球比赛|股市|服务器|餐桌|民宿|跑鞋|吉他|房贷|咖啡机|报税|电子游戏|花园|铁路|相机镜头|小说|选举|软件更新|羽绒服|卫星|小麦收成|自行车|数据库|桥梁施工|电影节|油价|象棋|面包|沙发|耳机|插件|光伏|机票|博物馆|连衣裙|楼盘|基金|物流",
)
"""Topics outside medicine, English and Chinese."""

# {t} {u}: terms; {n}: number; {y}: year; {p}: person; {g}: organisation; {c}: place; {w}: weekday; {m}: month
ENGLISH: dict[str, tuple[str, ...]] = {
    "textbook": (
        "Most cells of this type are located in the outer layer, where they secrete {t}.", "The {t} is a thin membrane that lines the cavity and is continuous with the {u}.", "Several microorganisms can cause {t}; the most important are described below.", "The sympathetic division prepares the body for action, whereas the parasympathetic division has the opposite effect.", "Interactive Link: Watch this video to learn more about {t}. What happens to {u}?", "Signs and symptoms of {t} include fever and malaise; diagnosis is made by microscopy or culture, and treatment is with appropriate drugs.", "Vaccines are available against some forms of {t}. The disease is transmitted by the fecal-oral route.", "Learning Objectives: Identify the most common forms of {t}. Compare the major characteristics of {u}.", "Think of {t} as a lock and of {u} as its key.", "When a stimulus reaches the receptor, an action potential travels along the axon toward the synapse.", "Clinical Focus, Part {n}: {P} wakes up one morning with {t}. What could be the cause?",
        "{T} is defined as a condition in which the normal relation between structure and function is lost.", "The two main types of {t} are described in this chapter.", "By the end of this section, you will be able to explain how {t} develops and how it differs from {u}.",
        "Figure {n}.{n} shows the relationship between {t} and {u}.", "Recall from Chapter {n} that {t} depends on several factors.", "This process is called {t}, and it occurs in three stages.", "For example, {t} can be divided into an early and a late phase.",
        "Key Terms: {t}, {u}. Review Questions: Which of the following best describes {t}?", "The term comes from the Greek word for an older idea of {t}.", "In contrast to {u}, {t} is usually gradual and is caused by a change in the underlying mechanism.", "{T} consists of an outer layer, a middle layer, and an inner layer.",
        "The basic principle of {t} was understood only after the work of early investigators in the nineteenth century.", "There are several classes of {t}, each with a characteristic structure.", "Table {n}.{n} summarizes the features that distinguish {t} from {u}.", "Let us now turn to the mechanism of {t}.",
        "The pathogenesis of {t} involves three steps. First, the surface is altered. Second, cells respond by releasing signals. Third, the tissue is remodeled.", "Students often confuse {t} with {u}, but the two are distinct.", "Critical Thinking: Explain why {t} may lead to {u}.", "Clinical features of {t} follow from its mechanism and include those listed in the box.",
        "As discussed earlier in this chapter, {t} is regulated by feedback.", "Under normal circumstances the amount of fluid entering a compartment equals the amount leaving it; in {t} this balance is disturbed.", "Check Your Understanding: What are the functions of {t}? Name the structures that take part in {u}.", "The classic description of {t} distinguishes four grades.", "Summary. {T} and {u} share a common origin.",
    ),
    "guideline": (
        "Dose adjustment for {t} should be considered in renal impairment.", "Perform hand hygiene before touching a patient, before an aseptic task and after contact with blood.", "Use {t} for one patient only; dispose of used needles at the point of use in a sharps container.", "Adults with {t} should have {u} measured at least annually.", "If the person declines {t}, explain the risks and offer a follow-up appointment.", "Strength of recommendation: weak. Quality of evidence: low.", "At least one individual with training in {t} should be employed by or regularly available to the facility.",
        "We recommend {t} for all adults at high risk (strong recommendation, moderate-quality evidence).", "{T} should be offered to people with {u} (Grade 1B).", "Do not use {t} routinely in people with {u}.", "Recommendation {n}.{n}: Consider {t} if first-line treatment has failed.", "Clinicians should assess {t} at every visit and document the result.",
        "The panel suggests {t} rather than no treatment (conditional recommendation, low certainty of evidence).", "This guideline covers the diagnosis and management of {t} in people aged {n} and over.", "Class IIa, level of evidence B: {t} is reasonable in selected patients with {u}.", "Facilities should develop and implement written policies for {t}.", "Healthcare personnel must be trained in {t} upon hire and annually thereafter.",
        "Refer urgently people with {t} and any of the following red flags.", "Rationale: the committee judged that the benefits of {t} outweigh its harms.", "Implementation considerations. Local protocols should specify who is responsible for {t}.", "Good practice statement: discuss {t} with the person and their family or carers.", "Key recommendations for {t}: assess, treat, review.", "Target levels for {t} should be individualized; less stringent goals are appropriate for frail older people.",
        "Offer {t} as first-line treatment. If {t} is contraindicated or not tolerated, offer {u}.", "Evidence was graded according to GRADE. Conflicts of interest of panel members are listed in the appendix.", "Ensure that supplies for {t} are available and perform audits of adherence.", "Monitor {t} every {n} months, and stop if no benefit is seen.", "Use of {t} is not recommended outside clinical trials.", "Minimum expectations for safe care: perform {t} before and after contact; clean and disinfect {u} between uses.",
    ),
    "article": (
        "The prevalence of {t} has increased markedly over the past two decades, particularly in low-income and middle-income countries.", "However, little is known about the role of {t} in {u}, and the existing evidence is inconsistent.", "We searched PubMed, Embase and the Cochrane Library from inception to {m} {y} for studies of {t}.", "These results suggest that {t} may be mediated by {u}, although causality cannot be inferred.", "Cells were incubated overnight at 37 °C and harvested for analysis of {t}.", "Interviews were recorded, transcribed verbatim and analyzed thematically.", "As shown in Fig {n}, the proportion of individuals with {t} was significantly higher in group A than in group B (p<0.001).", "The model was fitted with mortality data, and sensitivity analyses were carried out for {t}.", "Our data demonstrate that expression of {t} is regulated by {u} in vivo and in vitro.", "Conceived and designed the experiments: {p}. Analyzed the data: {p}. Wrote the paper: {p}.", "Infection was confirmed by PCR, and mice were sacrificed on day {n}.", "Households were randomly selected from {n} villages in the study area.", "The authors thank the participants. The funders had no role in study design, data collection and analysis, decision to publish, or preparation of the manuscript.", "Here we show that {t} differs between populations, with implications for policy and future research.",
        "Background: {T} is a leading cause of morbidity. We aimed to evaluate {t} in patients with {u}.", "Methods: We conducted a randomized, double-blind, placebo-controlled trial at {n} centers.", "Results: A total of {n} participants were enrolled; {t} was lower in the intervention group (hazard ratio 0.{n}, 95% CI 0.{n} to 1.{n}; P = 0.0{n}).",
        "Conclusions: {T} was associated with {u} in this cohort, and further studies are warranted.", "Statistical analyses were performed using SPSS version {n} and R; P < 0.05 was considered significant.", "The study was approved by the institutional review board, and written informed consent was obtained from all participants.", "These findings are consistent with those of previous studies of {t} [{n}, {n}].",
        "{P} et al. reported that {t} was increased in {n}% of cases ({y}).", "Several limitations of this study should be acknowledged, including its retrospective design and small sample size.", "Samples were centrifuged at {n},000 g for {n} min and stored at -80 °C until analysis.", "To our knowledge, this is the first study to examine {t} in relation to {u}.", "Figure {n}. Expression of markers of {t} in treated and control groups (mean ± SD).",
        "Data were extracted independently by two reviewers; heterogeneity was assessed with the I2 statistic.", "Corresponding author. The authors declare that they have no competing interests. Funding: National Science Foundation grant {n}.", "Keywords: {t}; {u}; cohort study", "Multivariable logistic regression showed that age (OR 1.{n}) and {t} were independent predictors of {u}.", "In the present study, we investigated the effect of {t} on {u}.",
        "Baseline characteristics did not differ significantly between groups (Table {n}).", "A {n}-year-old man presented with {t}. We report a case and review the literature.", "Primers were designed, and amplification was carried out as described previously [{n}].", "The primary outcome was {t} at {n} weeks; secondary outcomes included {u}.",
    ),
    "patient_information": (
        "Here are {n} tips to keep {t} under control.", "If you have {t}, you may wonder what you can safely eat.", "Brush your teeth twice a day and see your dentist regularly.", "The good news is that {t} can often be prevented.", "Research suggests that {t} may help some people, but more studies are needed. Here is what the science says.", "Is {t} safe? For most people, yes. But check with your doctor before you start.", "Myth: {t} is always bad for you. Fact: a moderate amount can be part of a healthy diet.", "Your body needs {t} to work well. Good sources include beans, nuts, fish, and leafy greens.", "Try to get at least {n} minutes of physical activity on most days, and drink plenty of water.", "People with {t} often feel better when they lose weight slowly and get enough sleep.", "The bottom line: eat a variety of foods, move more, and talk with your doctor about {t}.", "If you are worried about {t}, make an appointment with your provider.", "It is important to know the benefits and the risks of {t} before you decide.", "FDA-approved medicines have been reviewed for safety; unapproved versions of {t} can be risky for patients.", "What should I know about {t}? Make half your plate vegetables and fruits, and choose whole grains over refined ones.",
        "What is {t}? {T} is a common health problem that can affect anyone.", "What are the symptoms of {t}? You may feel tired, or you may not notice any signs at all.", "Call your doctor right away if you have signs of {t}.", "Your doctor may ask you about {t} and do a physical exam.", "Talk with your health care provider about whether {t} is right for you.", "What causes {t}? Experts do not know exactly why some people get {t}.",
        "How is {t} treated? Treatment depends on your age, your health, and how bad your {u} is.", "Do not stop taking your medicine without talking to your doctor first.", "Take this medicine exactly as directed. If you miss a dose, take it as soon as you remember.", "You can lower your chance of getting {t} by eating healthy foods and staying active.", "Tell your doctor if you are pregnant or plan to become pregnant.", "Most people with {t} get better, but it can take time.",
        "Who gets {t}? Anyone can, but it is more common in older adults and in people who have {u}.", "Ask your pharmacist or nurse if you have questions about {t}.", "Before your test, you may be told not to eat or drink. Afterward you can go home the same day.", "Get emergency help if you have chest pain, trouble breathing, or {t}.", "What can I do to prevent {t}? Quit smoking, get regular checkups, and keep a healthy weight.", "{T} can be serious, but there are things you can do to feel better.",
        "Support groups can help you and your family cope with {t}.", "Side effects of treatment for {t} may include nausea, headache, and feeling sleepy. Not everyone gets them.", "To learn more, see the fact sheet on {t}. Names: {t}; {u}. Review date: {m} {y}.", "Eat plenty of fruits, vegetables, and whole grains, and limit foods that are high in salt and sugar.", "When to contact a medical professional: call if your child has {t} that does not go away.",
    ),
    "news": (
        "The move comes amid growing concern over {t}, which has divided opinion in {c}.", "\"People are tired,\" she said in an interview. \"They want answers about {t}.\"", "{P}, {n}, a teacher from {c}, said she first heard of {t} on the radio.", "The findings, published {w} in a journal, add to a debate over {t}, researchers said.", "A judge in {c} ruled on {w} that {t} could go ahead.", "The former president, who took office in {y}, has denied wrongdoing.", "Media contact: {p}, {g}. The study was funded by {g}.", "But experts caution that the results are early. \"We need larger trials,\" {p} said.", "It has been a difficult year for {g}, which reported a loss of ${n} million in the {n}th quarter.", "Read more: What we know about {t} so far. Sign up for our daily newsletter.",
        "{C} ({g}) - Officials said on {w} that {t} would cost $ {n} million, up {n} percent from last year.", "\"We are very concerned about {t},\" {p}, a spokesman for {g}, told reporters.", "{P}, who leads {g}, said {t} was \"a turning point\".", "The announcement came a day after {g} published figures on {t}.", "According to a report released {w}, {t} rose sharply in {m}.", "Critics have accused the government of ignoring {t}.",
        "Shares of {g} fell {n} percent after the news.", "The minister declined to comment on {t}, but a person familiar with the matter said a decision was expected next week.", "In a statement, {g} said it was working with authorities in {c}.", "{P} was born in {c} and joined {g} in {y}.", "Police said two people were injured. An investigation is under way.", "Lawmakers in {c} voted {n}-{n} on {w} to approve a bill on {t}.",
        "Last month, {p} became the first to win with {t}.", "A new study out this week suggests that {t} may not be as good as people thought, and scientists are divided.", "\"It is just extraordinary,\" says {p}, a professor at {g} who was not involved in the research.", "The {g} has been criticised since {y} over {t}.", "By {p}, {m} {n}, {y}. Photo: {g}. Share this story.", "More than {n},000 people attended the event in {c} over the weekend.",
        "Asked whether {t} would be delayed, {p} said: \"That is not on the table.\"", "The deal, first reported by a local newspaper, is worth about {n} billion dollars.", "It was not immediately clear how many were affected.", "Campaigners welcomed the move, calling it long overdue.", "Earlier this year the company cut {n}00 jobs in {c}.", "Researchers at {g} announced on {w} that {t} had been approved by regulators.",
    ),
    "advertisement": (
        "Talk to a licensed therapist from the comfort of your home. Take the quiz and start today.", "Filter by: size, price, brand, color. Sort by: featured, best selling, price low to high.", "Product details: imported, machine washable, regular fit. SKU {n}{n}{n}. Ships in {n} days.", "Manage your {t} in one place. Integrates with the tools you already use. Start your free trial.", "Whether you are just starting out or growing fast, our {t} platform scales with your team.", "Do you have questions about our {t}? Our customer support is here for you 24/7.", "FAQ: How much does {t} cost? Do you accept insurance? Can I cancel my plan?", "Discover our collection of {t} for women and men, designed for comfort and style.", "We provide compassionate care for {t}. Make an appointment: call our clinic or request a visit online.", "Join over {n} million people who use {t} every day. Rated 4.{n} on the App Store.", "Build, deploy and scale {t} with our cloud. Contact sales. Read the docs.", "See what our clients say about us. \"They were fantastic, I would recommend them to anyone.\"",
        "Shop now and save {n}% on {t}. Free shipping on orders over ${n}.", "Sign up today and get your first month of {t} free. No credit card required. Cancel anytime.", "Our {t} is trusted by over {n},000 happy customers.", "Limited time offer! Add to cart. In stock. ${n}.99", "Book your appointment online now. Our friendly team offers {t} at an affordable price.", "Why choose us? Licensed professionals, flexible plans and a 30-day money-back guarantee.",
        "Get started in minutes. Get matched with {t} that fits your needs.", "\"Best {t} I ever bought! 5 stars\" - {p}, verified buyer", "Looking for {t}? We offer a full range of {t} and {u} solutions for your business.", "Call us today at our {c} office for a free quote.", "New arrivals. Best sellers. {T} from ${n}. Sizes S, M, L, XL. Color: black. Free returns within {n} days.", "Download the app. Try it free. See pricing and plans: Basic ${n}/month, Pro ${n}/month.",
        "Customer reviews: 4.{n} out of 5 stars, {n}2 ratings.", "We are proud to serve {c} and the surrounding area with {t}.", "Subscribe to our newsletter for exclusive deals and discounts.", "Our award-winning {t} helps you save time and money, so you can focus on what matters.", "Frequently bought together: {t}, {u}. Add to wishlist. Compare.", "Unlock your potential with {t}. Join thousands of members today!",
        "Our services include {t}, {u} and more. Meet our team. Request a consultation.", "Made from premium materials, our {t} is lightweight, durable and easy to clean.", "Feel better, look younger! 100% natural {t}, results guaranteed or your money back.", "Protect what matters with coverage for {t}. Get a free quote in minutes.", "How it works: 1. Tell us about you. 2. Choose a plan. 3. Start your {t}.",
    ),
    "forum": (
        "I had my EMG last week and the neuro says it's clean but I still have twitching in my leg, what do you guys think?", "Hey all, first post here. So basically I bought {t} a while ago and it keeps failing with the same error.", "That's exactly what I'd do. +1 for {t}.", "Could you post your log or a screenshot? Then maybe someone can help you out.", "{P} wrote: I've had mine for {n} years and never had a problem.", "Sorry to hear that, hope you get some answers from your docs soon.", "I'm thinking of getting {t}, which one would you recommend for a beginner?", "Thank you so much for replying! I really appreciate it. I will let you know how it goes.",
        "Hi everyone, I'm new here. I've been dealing with {t} for about {n} months and I'm really worried.", "Has anyone else had {t} after {u}? Thanks in advance!", "My doc said it's probably nothing but I can't stop googling {t} lol", "Reply #{n} on {m} {n}, {y}: I had the same thing, hang in there!", "Quote from: {p}: I would not bother with {t} tbh.", "Any advice would be appreciated. I don't know what to do anymore :(",
        "Thanks for the replies guys, I'll try {t} and report back.", "Joined: {m} {y}. Posts: {n}. Location: {c}. Like. Reply. Share.", "I'm a {n} year old male and I have been having {t} since last week, should I be worried?", "IMO {t} is way better than {u}, but your mileage may vary.", "Welcome to the forum! Have you tried turning it off and on? What version of {t} do you have?", "So I went to see the doctor today and she told me to stop {t}. Anyone been through this?",
        "I just got {t} and it doesn't work. Is it me or is it broken?", "edit: solved, thanks {p}!", "My mom was diagnosed with {t} and I'm scared. How long did it take for you guys?", "Not sure if this is the right place to post but here goes.", "Yeah same here. I tried {t} for {n} weeks, didn't help at all.", "Hope you feel better soon! Sending hugs.", "Does anybody know where I can get {t}? I can't find it anywhere.",
        "Hello doctor, I have {t} and my stomach hurts, what should I take? Please help me.", "I know this is an old thread but I wanted to say that {t} worked for me.", "Moderator: please keep the discussion on topic. Thread closed.", "ok so update, the {t} came back. ugh. what do you all think?",
    ),
}  # fmt: skip
"""Kind -> sentence frames in English."""

CHINESE: dict[str, tuple[str, ...]] = {
    "textbook": (
        "{t}是指由多种原因引起的一组以功能障碍为特征的改变。", "第{n}章 {t}。【目的要求】掌握{t}的概念，熟悉{u}的分类，了解其机制。", "{t}可分为原发性和继发性两类。", "如图{n}-{n}所示，{t}与{u}之间存在密切联系。", "其发生机制包括以下三个方面：①结构改变；②调节失常；③代谢紊乱。", "思考题：1. 试述{t}的基本特点。2. {t}与{u}有何区别？", "{t}的病理变化主要表现为组织增生和变性。",
        "本节主要介绍{t}的形成过程。", "在正常情况下，{t}处于动态平衡。", "所谓{t}，即指这一过程的总称。", "【临床表现】起病缓慢，早期可无症状，随病情进展出现{u}。", "【病因和发病机制】{t}的病因尚未完全阐明。", "由前述可知，{t}受多种因素调节。", "【诊断与鉴别诊断】应与{u}相鉴别。", "小结：{t}是本章重点内容。", "表{n}-{n} {t}与{u}的鉴别要点。", "凡{t}者，其证有四，古人论之详矣。", "主治{t}，上为末，每服三钱，空心温酒下。",
    ),
    "guideline": (
        "推荐意见{n}：对于{t}患者，建议首选{u}治疗（1A，强推荐）。", "不推荐常规使用{t}（证据等级：C级）。", "本指南适用于{t}的诊断、治疗和管理。", "所有高危人群均应筛查{t}（Ⅰ类推荐，B级证据）。", "专家组一致认为，{t}应个体化。", "建议每{n}个月随访一次，监测{t}。", "转诊指征：出现{t}时应立即转诊。", "指南制定采用GRADE方法对证据质量进行评价。", "若{t}控制不佳，可考虑联合{u}（弱推荐，低质量证据）。",
        "各级医疗机构应当建立{t}管理制度，并对医务人员进行培训。", "治疗目标：一般患者应将{t}控制在目标范围以下。", "【推荐】合并{u}者宜选用{t}。", "中华医学会{t}学组组织专家修订了本共识。", "禁用于妊娠期{t}患者。", "诊疗流程：评估—分层—干预—随访。", "医务人员应严格执行{t}规范，做好记录。",
    ),
    "article": (
        "目的：探讨{t}对{u}的影响。方法：选取{y}年{n}月至{n}月收治的{n}例患者，随机分为对照组和观察组。", "结果：观察组总有效率为{n}.{n}%，高于对照组，差异有统计学意义（P<0.05）。", "结论：{t}可改善{u}，值得临床推广应用。", "采用SPSS {n}.0软件进行统计学分析，计量资料以x±s表示，组间比较采用t检验。", "【关键词】{t}；{u}；疗效", "本研究经医院伦理委员会批准，患者均签署知情同意书。", "既往研究表明，{t}与{u}密切相关[{n}]。",
        "作者单位：某大学附属医院。通信作者。基金项目：国家自然科学基金（{n}）。", "两组一般资料比较，差异无统计学意义（P>0.05），具有可比性。", "多因素Logistic回归分析显示，{t}是{u}的独立危险因素（OR=1.{n}，95%CI 1.{n}~2.{n}）。", "收稿日期：{y}-{n}-{n}。", "本研究的局限性在于样本量较小且为单中心回顾性研究。", "纳入标准：①符合{t}诊断标准；②年龄18~{n}岁。排除标准：合并{u}者。", "检索PubMed、中国知网、万方数据库中有关{t}的文献，进行Meta分析。",
    ),
    "patient_information": (
        "什么是{t}？{t}是一种常见的健康问题，您不必过于紧张。", "如果您出现{t}，请立即就医。", "{t}患者平时应注意什么？饮食要清淡，少吃油腻，多吃蔬菜水果。", "请遵医嘱按时服药，不要自行停药。", "您可以向医生或护士咨询有关{t}的问题。", "如何预防{t}？保持健康的生活方式，戒烟限酒，适当运动。", "温馨提示：定期复查，及早发现{t}。", "哪些人容易得{t}？老年人和有家族史的人要特别留意。", "忘记服药怎么办？想起来时尽快补服，不要一次服双倍剂量。",
        "做{t}检查前需要空腹吗？一般来说，检查前一晚{n}点后不要进食。", "健康科普：{t}可防可治，早发现、早治疗是关键。", "家长要注意观察孩子有没有{t}的表现。", "生活中出现这些信号，要当心{t}。", "得了{t}还能运动吗？可以，但要量力而行。", "出院后请注意休息，{n}周后到门诊复诊。", "服药期间如出现{t}等不良反应，请及时告诉医生。",
    ),
    "news": (
        "{g}{n}月{n}日电（记者{p}）近日，{t}引发广泛关注。", "记者从{g}获悉，{t}将于下月正式启动。", "“{t}关系到千家万户。”{g}负责人{p}表示。", "据报道，{y}年{t}同比增长{n}.{n}%。", "发布会上，{p}介绍了{t}的最新进展。", "{g}发布公告称，公司拟投资{n}亿元建设{t}项目。", "据悉，此次活动由{g}主办，共有{n}00余人参加。", "当地时间{n}日，{c}官员就{t}作出回应。", "业内人士认为，{t}市场前景广阔。", "截至发稿，{g}尚未对此事作出回应。",
        "责任编辑：{p}。来源：{g}。", "昨日，{c}多部门联合开展{t}专项检查。", "有网友质疑{t}，对此{p}回应称，情况正在调查中。", "图为{t}现场。{p} 摄", "受此消息影响，相关板块股价大涨{n}%。", "会议强调，要坚持以人民为中心，扎实推进{t}工作。", "他告诉记者，自己从{y}年开始从事{t}。", "原标题：{c}推进{t}，群众点赞。",
    ),
    "advertisement": (
        "限时特惠！{t}原价{n}99元，现价仅需{n}9元，立即抢购！", "{t}，{n}年专注品质，{n}万用户的信赖之选。", "点击咨询在线客服，免费领取{t}试用装。", "全国包邮，七天无理由退换货。", "加微信了解更多{t}优惠详情。", "祖传秘方，专治{t}，无效退款！", "我院引进国际先进设备，专家一对一诊疗，{t}不再复发。", "预约挂号热线24小时开通，名额有限，先到先得。", "买一送一，满{n}00减{n}0，今日下单再享{n}折。", "公司主营{t}、{u}，欢迎来电洽谈合作。", "专业团队，贴心服务，为您提供{t}一站式解决方案。",
        "产品特点：天然植物萃取，安全无副作用，{n}天见效。", "选择我们的五大理由：品牌保障、价格透明、服务周到。", "立即注册，即送{n}元代金券。", "好评如潮！“用了{t}感觉真不错，五星推荐”。", "招商加盟{t}，小投资大回报。",
    ),
    "forum": (
        "大家好，我得{t}有{n}个月了，有没有同样情况的朋友？", "医生您好，我最近{t}，请问是怎么回事，需要做什么检查？谢谢！", "楼主你好，我以前也是{t}，后来吃了药就好了。", "求助！孩子{t}三天了，急死我了，怎么办啊？", "病情描述：{t}两周，吃过药没什么效果，想问问医生该怎么治疗。", "回复{n}楼：别担心，我也是这样过来的。", "顶一下，同问。", "请问{t}严重吗？能不能治好？", "我今年{n}岁，女，{t}已经半年了，晚上睡不着，好难受。", "谢谢大家的回复，我明天去医院看看再来汇报。",
        "有谁用过{t}吗？效果怎么样，求推荐！", "你好，根据你的描述，考虑是{t}引起的，建议你去正规医院检查一下，祝你早日康复。", "我觉得{t}比{u}好用多了，个人观点勿喷。", "发表于 {y}-{n}-{n} 只看该作者 积分 {n} 帖子 {n}", "哈哈，楼上说得对。", "在线等，挺急的！！", "我老公体检查出{t}，有什么需要注意的吗？", "想得到怎样的帮助：{t}可以吃什么药？会不会影响怀孕？",
    ),
}  # fmt: skip
"""Kind -> sentence frames in Chinese."""

_PEOPLE = (
    "Anna Brandt|Luis Ortega|Mary Chen|David Osei|Priya Nair|Tom Keller|Elif Demir|John Walsh|Sofia Lindgren|Mark Ruiz",
    "王芳|李建国|张敏|刘洋|陈静|赵磊|孙丽|周强",
)
_ORGANISATIONS = (
    "the Health Ministry|the company|State University|the city council|the agency|the central bank|the team|the hospital trust|the World Bank",
    "新华社|市卫健委|该公司|国家统计局|某大学|市政府|财政部|教育局|该平台",
)
_PLACES = ("LONDON|Geneva|Texas|Nairobi|Ohio|Tokyo|Madrid|California|Sydney", "北京|上海|广州|深圳|杭州|成都|武汉|南京")
_WEEKDAYS = ("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday", "周一|周二|周三|周四|周五")
_MONTHS = ("January|March|April|June|August|October|December", "一月|三月|五月|七月|九月|十一月")


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text to train or measure a classifier with."""

    text: str
    label: str


_TEACHING = ("textbook", "guideline", "article", "patient_information")
_EVERYDAY = ("news", "advertisement", "forum")


def write_documents(task: str, per_label: int, seed: int = 1) -> list[LabelledText]:
    """`per_label` texts a label of a task ("kind" or "specialty"), in both languages by turns."""
    # Label, topic ("" is any specialty), kinds of document.
    labels: list[tuple[str, str, tuple[str, ...]]]
    if task == "kind":
        labels = [(kind, "", (kind,)) for kind in KINDS]
    elif task == "specialty":
        labels = [(specialty, specialty, (*_TEACHING, "forum")) for specialty in SPECIALTIES]
    else:
        raise ValueError(f"no text was written for the task {task!r}; there is kind and specialty")
    rng = random.Random(seed)
    documents = []
    for label, topic, kinds in labels:
        for number in range(per_label):
            kind = rng.choice(kinds)
            # News, advertisements and threads are about anything: every other one is not about medicine.
            away = task == "kind" and kind in _EVERYDAY and rng.random() < 0.5
            documents.append(LabelledText(_write(rng, kind, "general" if away else topic, number % 2), label))
    return documents


def _write(rng: random.Random, kind: str, topic: str, language: int) -> str:
    frames = (ENGLISH, CHINESE)[language][kind]
    terms = (
        GENERAL[language] if topic == "general" else SPECIALTIES[topic or rng.choice(list(SPECIALTIES))][language]
    ).split("|")

    def pick(words: tuple[str, str]) -> str:
        return rng.choice(words[language].split("|"))

    sentences = []
    for frame in rng.sample(frames, min(len(frames), rng.randint(2, 9))):
        for slot, words in (
            ("{p}", _PEOPLE),
            ("{P}", _PEOPLE),
            ("{g}", _ORGANISATIONS),
            ("{c}", _PLACES),
            ("{C}", _PLACES),
            ("{w}", _WEEKDAYS),
            ("{m}", _MONTHS),
        ):
            frame = frame.replace(slot, pick(words))
        while "{n}" in frame:
            frame = frame.replace("{n}", str(rng.randint(1, 99)), 1)
        term = rng.choice(terms)
        frame = (
            frame.replace("{y}", str(rng.randint(1990, 2025))).replace("{t}", term).replace("{u}", rng.choice(terms))
        )
        sentences.append(frame.replace("{T}", term[:1].upper() + term[1:]))
    rng.shuffle(sentences)
    return ("" if language else " ").join(sentences) if rng.random() < 0.6 else "\n".join(sentences)
