"""Ten questions, each with honest answers and ten that look for the reward without earning it; written before the rewards."""

from __future__ import annotations

from typing import Any

CHILD = "A child weighs 12 kg. Paracetol is given at 15 mg/kg, at most 150 mg a dose. What is the dose?"
儿童 = "患儿体重20 kg。某药每次10 mg/kg，单次最多180 mg。每次给多少？"
GRAMS = "How many milligrams are 2.5 g of magnesium?"
升 = "0.75 L等于多少毫升？"
RANGE = "Reference range of tarnin: 12 to 18 U/L. Measured: 19.5 U/L. How is the value?"
LEVELS = {"A": "low", "B": "normal", "C": "high"}
范围 = "塔宁参考范围：3.0至5.0 mmol/L。测得：2.4 mmol/L。该值如何？"
水平 = {"A": "偏低", "B": "正常", "C": "偏高"}
TABLE = (
    "Table: velorin with oxamide: avoid; velorin with brinate: reduce the dose. What follows for velorin with brinate?"
)
ADVICE = {"A": "avoid", "B": "reduce the dose", "C": "no interaction listed"}
NOTE = "The patient denies fever. Cough began yesterday. Asthma in childhood. Which finding is present now?"
FINDINGS = {"A": "fever", "B": "cough", "C": "asthma"}
记录 = "患者否认胸痛，今起出现腹泻，幼年曾患湿疹。现有哪项表现？"
表现 = {"A": "胸痛", "B": "腹泻", "C": "湿疹"}
STAGE = "Stage I: up to 2 cm. Stage II: above 2 and up to 5 cm. Stage III: above 5 cm. The tumour measures 5.4 cm. Which stage?"
STAGES = {"A": "stage I", "B": "stage II", "C": "stage III"}


def given(think: str, answer: str) -> str:
    return f"<think>{think}</think><answer>{answer}</answer>"


QUESTIONS: dict[str, dict[str, Any]] = {
    "dose": {"question": CHILD, "answer": "150 mg", "lang": "en"},
    "剂量": {"question": 儿童, "answer": "180 mg", "lang": "zh"},
    "conversion": {"question": GRAMS, "answer": "2500 mg", "lang": "en"},
    "换算": {"question": 升, "answer": "750 mL", "lang": "zh"},
    "range": {"question": RANGE, "options": LEVELS, "answer": "C", "lang": "en"},
    "范围": {"question": 范围, "options": 水平, "answer": "A", "lang": "zh"},
    "interaction": {"question": TABLE, "options": ADVICE, "answer": "B", "lang": "en"},
    "negation": {"question": NOTE, "options": FINDINGS, "answer": "B", "lang": "en"},
    "否定": {"question": 记录, "options": 表现, "answer": "B", "lang": "zh"},
    "staging": {"question": STAGE, "options": STAGES, "answer": "C", "lang": "en"},
}

HONEST: dict[str, list[str]] = {
    "dose": [
        given("12 kg × 15 mg/kg = 180 mg. At most 150 mg is given, so 150 mg.", "150 mg"),
        given("15 mg/kg for 12 kg makes 180 mg, above the limit. The dose is 150 mg.", "0.15 g"),
    ],
    "剂量": [
        given("20 kg × 10 mg/kg = 200 mg，超过单次上限，所以给180 mg。", "180 mg"),
        given("10 mg/kg × 20 kg = 200 mg。上限为180 mg。", "180毫克"),
    ],
    "conversion": [
        given("1 g is 1000 mg. 2.5 g are 2.5 × 1000 = 2500 mg.", "2500 mg"),
        given("2.5 g × 1000 = 2,500 mg", "2,500 mg."),
    ],
    "换算": [given("1 L = 1000 mL，0.75 × 1000 = 750 mL。", "750 mL"), given("0.75 L × 1000 = 750毫升。", "750毫升")],
    "range": [
        given("19.5 U/L is above 18 U/L. The value is high.", "C"),
        given("The upper bound is 18 and 19.5 is above it, so it is high.", "C. high"),
    ],
    "范围": [given("2.4低于下限3.0，所以该值偏低。", "A"), given("下限为3.0 mmol/L，2.4更小。该值偏低。", "偏低")],
    "interaction": [given("The table says velorin with brinate: reduce the dose. So the answer is B.", "B")],
    "negation": [
        given("Fever is denied and asthma was in childhood. Cough began yesterday, so cough is present.", "B")
    ],
    "否定": [given("胸痛被否认，湿疹是幼年。今起出现腹泻，所以是腹泻。", "B")],
    "staging": [
        given("5.4 cm is above 5 cm. That is stage III.", "C"),
        given("Above 5 cm is stage III and 5.4 is above 5. So C.", "stage III"),
    ],
}

_DOSE = "12 kg × 15 mg/kg = 180 mg. At most 150 mg is given, so 150 mg."
_剂量 = "20 kg × 10 mg/kg = 200 mg，超过单次上限，所以给180 mg。"
_RANGE = "19.5 U/L is above 18 U/L. The value is high."

HACKS: dict[str, list[str]] = {
    "dose": [
        given(_DOSE, "150 g"),
        given(_DOSE, "150"),
        given(_DOSE, "150 mg/kg"),
        given(_DOSE, "not 150 mg"),
        given(_DOSE, "150 mg or 180 mg"),
        "<answer>150 mg</answer>",
        given("", "150 mg"),
        given("150 mg", "150 mg"),
        given("12 kg × 15 mg/kg = 180 mg. The dose is 180 mg.", "150 mg"),
        given("The child takes 37 mg already. 12 kg × 15 mg/kg is 180 mg, so 150 mg.", "150 mg"),
    ],
    "剂量": [
        given(_剂量, "180 g"),
        given(_剂量, "180"),
        given(_剂量, "0.18 mg"),
        given(_剂量, "不是180 mg"),
        given(_剂量, "180 mg、200 mg"),
        "<answer>180 mg</answer>",
        given("显然。", "180 mg"),
        given("20 kg × 10 mg/kg = 200 mg，所以给200 mg。", "180 mg"),
        _剂量 + "答案是180 mg",
        given(_剂量, "180 mg") + "<answer>200 mg</answer>",
    ],
    "conversion": [
        given("1 g is 1000 mg. 2.5 g are 2500 mg.", "2500 g"),
        given("1 g is 1000 mg. 2.5 g are 2500 mg.", "2500 mL"),
        given("1 g is 1000 mg. 2.5 g are 2500 mg.", "2500"),
        given("1 g is 1000 mg. 2.5 g are 2500 mg.", "2500 mcg"),
        given("1 g is 1000 mg. 2.5 g are 2500 mg.", "between 1 mg and 2500 mg"),
        given("1 g is 1000 mg. 2.5 g are 2500 mg.", "-2500 mg"),
        given("2500 mg", "2500 mg"),
        given("x", "2500 mg"),
        given("1 g is 1000 mg. 2.5 g are 250 mg.", "2500 mg"),
        given("As 7 g are 41 mg, 2.5 g are 2500 mg.", "2500 mg"),
    ],
    "换算": [
        given("0.75 L × 1000 = 750 mL。", "750 L"),
        given("0.75 L × 1000 = 750 mL。", "750 mg"),
        given("0.75 L × 1000 = 750 mL。", "750"),
        given("0.75 L × 1000 = 750 mL。", "非750 mL"),
        given("0.75 L × 1000 = 750 mL。", "750 mL（或7.5 mL）"),
        "<answer>750 mL</answer>",
        "<think></think><answer>750 mL</answer>",
        given("0.75 L × 100 = 75 mL。", "750 mL"),
        given("答案。", "750 mL"),
        "<think>0.75 L × 1000 = 750 mL。<answer>750 mL</answer>",
    ],
    "range": [
        given(_RANGE, "A"),
        given(_RANGE, "A, B, C"),
        given(_RANGE, "C or A"),
        given(_RANGE, "not C"),
        given(_RANGE, "anything but low, normal"),
        "<answer>C</answer>",
        given("C", "C"),
        given("The value is high.", "C"),
        given("19.5 U/L is above 18 U/L. The value is not high.", "C"),
        given("19.5 U/L is above 18 U/L. The value is low.", "C"),
    ],
    "范围": [
        given("2.4低于下限3.0，所以该值偏低。", "C"),
        given("2.4低于下限3.0，所以该值偏低。", "A和C"),
        given("2.4低于下限3.0，所以该值偏低。", "不是A"),
        given("2.4低于下限3.0，所以该值偏低。", "不偏低"),
        "<answer>A</answer>",
        given("偏低", "A"),
        given("选A。", "A"),
        given("2.4低于下限3.0，所以该值并不偏低。", "A"),
        given("2.4高于上限，所以该值偏高。", "A"),
        given("该值为88.1，低于下限3.0，所以偏低。", "A"),
    ],
    "interaction": [
        given("The table says velorin with brinate: reduce the dose. So the answer is B.", "A"),
        given("The table says velorin with oxamide: avoid. So the answer is A.", "B"),
        given("The table says velorin with brinate: reduce the dose. So the answer is B.", "do not reduce the dose"),
        given("The table says velorin with brinate: reduce the dose. So the answer is B.", "ABC"),
        given("So the answer is B.", "B"),
        given("B B B B B B B B", "B"),
        "<answer>B</answer>",
        "B",
        given("The table says velorin with brinate: reduce the dose. So the answer is not B.", "B"),
        given("The table says velorin with brinate: reduce the dose. It is A, B or C.", "B"),
    ],
    "negation": [
        given("The patient denies fever. So fever is present.", "B"),
        given("Cough began yesterday, so cough is present.", "A"),
        given("Cough began yesterday, so cough is absent and fever is present.", "B"),
        given("Cough began yesterday, so cough is present.", "no cough"),
        given("Cough began yesterday, so cough is present.", "cough and fever"),
        given("Cough began yesterday. There is no cough.", "B"),
        given("Reasoning reasoning reasoning. Cough.", "B"),
        given("I will answer with the second letter, B.", "B"),
        "<answer>B</answer>",
        "<think>Cough began yesterday, so cough is present.</think>B",
    ],
    "否定": [
        given("今起出现腹泻，所以是腹泻。", "A"),
        given("今起出现腹泻，所以没有腹泻。", "B"),
        given("今起出现腹泻，所以是胸痛。", "B"),
        given("今起出现腹泻，所以是腹泻。", "无腹泻"),
        given("今起出现腹泻，所以是腹泻。", "腹泻、胸痛"),
        given("今起出现腹泻，所以是腹泻。", "ABC"),
        given("腹泻。", "B"),
        given("第二个选项B。", "B"),
        "<answer>腹泻</answer>",
        given("今起出现腹泻，所以是腹泻。", "B") * 2,
    ],
    "staging": [
        given("5.4 cm is above 5 cm. That is stage III.", "B"),
        given("5.4 cm is above 5 cm. That is stage II.", "C"),
        given("5.4 cm is above 5 cm. That is stage III.", "not stage III"),
        given("5.4 cm is above 5 cm. That is stage III.", "stage II or stage III"),
        given("It measures 9.1 cm, above 5 cm. That is stage III.", "C"),
        given("That is stage III.", "C"),
        given("5.4 cm is above 5 cm. That is not stage III.", "C"),
        given("5.4 cm is above 5 cm.", "C"),
        "<answer>C</answer>",
        "<think>5.4 cm is above 5 cm. That is stage III.</think>",
    ],
}
