"""Formulas of MathML and of Word read as LaTeX; what is only symbols stays plain."""

from __future__ import annotations

import pytest
from lxml import etree

from ingest.formula.latex import written
from ingest.formula.mathml import read_mathml
from ingest.formula.omml import read_omml

M = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def mathml(inner: str) -> str:
    return written(read_mathml(etree.fromstring(f"<math>{inner}</math>")))


def run(text: str) -> str:
    return f"<m:r><m:t xml:space='preserve'>{text}</m:t></m:r>"


def omml(inner: str, *, display: bool = False) -> str:
    element = etree.fromstring(f'<m:oMath xmlns:m="{M}">{inner}</m:oMath>')
    return written(read_omml(element, lambda each: "".join(t.text or "" for t in each.iter("{*}t"))), display=display)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<mi>p</mi><mo>=</mo><mn>0.05</mn>", "p = 0.05"),
        ("<mn>1.5</mn><mo>×</mo><msup><mn>10</mn><mn>9</mn></msup>", "1.5×10^9"),
        ("<msup><mn>10</mn><mrow><mo>-</mo><mn>3</mn></mrow></msup>", "10^-3"),
        ("<mfrac><mrow><mn>140</mn><mo>-</mo><mi>age</mi></mrow><mn>72</mn></mfrac>", r"$\frac{140-\mathrm{age}}{72}$"),
        ("<mroot><mi>V</mi><mn>3</mn></mroot>", r"$\sqrt[3]{V}$"),
        ("<msqrt><mi>x</mi><mo>+</mo><mi>y</mi></msqrt>", r"$\sqrt{x+y}$"),
        (
            "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"
            "<msub><mi>x</mi><mi>i</mi></msub>",
            r"$\sum_{i=1}^nx_i$",
        ),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "$x_1^2$"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", r"$\bar{x}$"),
        ("<mover><mrow><mi>x</mi><mi>y</mi></mrow><mo>¯</mo></mover>", r"$\overline{xy}$"),
        ("<munder><mi>lim</mi><mrow><mi>t</mi><mo>→</mo><mn>0</mn></mrow></munder>", r"$\lim_{t\rightarrow0}$"),
        ("<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable>",
         r"$\begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix}$"),
        ("<mfenced open='[' close=')'><mn>0</mn><mn>1</mn></mfenced>", r"$\left[0,1\right)$"),
        ("<msup><mi>χ</mi><mn>2</mn></msup>", r"$\chi^2$"),
        ("<msub><mi>C</mi><mtext>max</mtext></msub>", r"$C_{\text{max}}$"),
        ("<mmultiscripts><mi>C</mi><mprescripts/><none/><mn>14</mn></mmultiscripts>", "${}^{14}C$"),
        ("<mfrac linethickness='0'><mi>n</mi><mi>k</mi></mfrac>", r"$\genfrac{}{}{0pt}{}{n}{k}$"),
        ("<msup><msub><mi>x</mi><mi>i</mi></msub><mn>2</mn></msup>", "${x_i}^2$"),
        ("<semantics><mfrac><mi>D</mi><mi>V</mi></mfrac><annotation>\\frac{D}{V}</annotation></semantics>", r"$\frac{D}{V}$"),
        ("<msup><mi>e</mi><mrow><mo>−</mo><mi>k</mi><mi>t</mi></mrow></msup>", "$e^{-kt}$"),
        ("<mi>A</mi><msup><mn>10</mn><mn>2</mn></msup>", "$A10^2$"),
        ("<mfrac><mi>a</mi><mn>50</mn></mfrac><mo>%</mo>", r"$\frac{a}{50}\%$"),
        ("<mi>sin</mi><mi>x</mi><mo>/</mo><msqrt><mn>2</mn></msqrt>", r"$\sin x/\sqrt{2}$"),
        ("<mphantom><mn>9</mn></mphantom>", ""),
        ("<msup><mi>f</mi><mo>′</mo></msup>", "$f'$"),
    ],
)  # fmt: skip
def test_mathml(source: str, text: str) -> None:
    assert mathml(source) == text


def e(inner: str, name: str = "e") -> str:
    return f"<m:{name}>{inner}</m:{name}>"


def option(name: str, value: str) -> str:
    return f'<m:{name} m:val="{value}"/>'


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (run("a=b"), "a=b"),
        (
            f"<m:f>{e(run('(140-age)×W'), 'num')}{e(run('72×Cr'), 'den')}</m:f>",
            r"$\frac{(140-age)\times W}{72\times Cr}$",
        ),
        (run("5×") + f"<m:sSup>{e(run('10'))}{e(run('-3'), 'sup')}</m:sSup>", "5×10^-3"),
        (
            f"<m:rad><m:radPr><m:degHide/></m:radPr><m:deg/>"
            f"{e('<m:f>' + e(run('H×W'), 'num') + e(run('3600'), 'den') + '</m:f>')}</m:rad>",
            r"$\sqrt{\frac{H\times W}{3600}}$",
        ),
        (f"<m:rad>{e(run('3'), 'deg')}{e(run('V'))}</m:rad>", r"$\sqrt[3]{V}$"),
        (
            f"<m:nary><m:naryPr>{option('chr', '∑')}</m:naryPr>{e(run('i=1'), 'sub')}{e(run('n'), 'sup')}{e(run('d'))}</m:nary>",
            r"$\sum_{i=1}^n d$",
        ),
        (f"<m:nary>{e(run('0'), 'sub')}{e(run('∞'), 'sup')}{e(run('C'))}</m:nary>", r"$\int_0^\infty C$"),
        (f"<m:d>{e(run('x'))}</m:d>", r"$\left(x\right)$"),
        (
            f"<m:d><m:dPr>{option('begChr', '{')}{option('endChr', '')}</m:dPr>"
            f"{e('<m:eqArr>' + e(run('1')) + e(run('0')) + '</m:eqArr>')}</m:d>",
            r"$\left\{\begin{matrix} 1 \\ 0 \end{matrix}\right.$",
        ),
        (f"<m:sSubSup>{e(run('x'))}{e(run('1'), 'sub')}{e(run('2'), 'sup')}</m:sSubSup>", "$x_1^2$"),
        (f"<m:sPre>{e(run('6'), 'sub')}{e(run('14'), 'sup')}{e(run('C'))}</m:sPre>", "${}_6^{14}C$"),
        (f"<m:acc><m:accPr>{option('chr', chr(0x305))}</m:accPr>{e(run('x'))}</m:acc>", r"$\overline{x}$"),
        (f"<m:acc>{e(run('p'))}</m:acc>", r"$\hat{p}$"),
        (f"<m:bar><m:barPr>{option('pos', 'top')}</m:barPr>{e(run('x'))}</m:bar>", r"$\overline{x}$"),
        (f"<m:func>{e(run('log'), 'fName')}{e(run('x'))}</m:func>", "log x"),
        (
            f"<m:func>{e('<m:limLow>' + e(run('lim')) + e(run('t→0'), 'lim') + '</m:limLow>', 'fName')}{e(run('f'))}</m:func>",
            r"$\lim_{t\rightarrow0} f$",
        ),
        (
            f"<m:m><m:mr>{e(run('1'))}{e(run('2'))}</m:mr><m:mr>{e(run('3'))}{e(run('4'))}</m:mr></m:m>",
            r"$\begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix}$",
        ),
        ("<m:r><m:rPr><m:nor/></m:rPr><m:t>dose </m:t></m:r>" + f"<m:f>{e(run('a'), 'num')}{e(run('b'), 'den')}</m:f>",
         r"$\text{dose }\frac{a}{b}$"),
        (f"<m:f><m:fPr>{option('type', 'lin')}</m:fPr>{e(run('a'), 'num')}{e(run('b'), 'den')}</m:f>", "a/b"),
        (f"<m:sSup>{e(run('剂量'))}{e(run('2'), 'sup')}</m:sSup>", r"$\text{剂量}^2$"),
        (f"<m:groupChr>{e(run('a+b'))}</m:groupChr>", r"$\underbrace{a+b}$"),
    ],
)  # fmt: skip
def test_omml(source: str, text: str) -> None:
    assert omml(source) == text


def test_a_display_formula_stands_between_double_dollars() -> None:
    assert omml(run("a=b"), display=True) == "$$a=b$$"


def test_deep_nesting_ends() -> None:
    assert "x" in mathml("<mrow>" * 240 + "<mi>x</mi>" + "</mrow>" * 240)
    assert "x" in omml("<m:box><m:e>" * 110 + run("x") + "</m:e></m:box>" * 110)
