"""For the clinician: which medicine is in it, what is missing, and what the texts say of each other."""

from __future__ import annotations

import pyarrow as pa

from corpus.audit.database import Database
from corpus.audit.figure import Figure, Section


def clinician(db: Database) -> Section:
    """The section."""
    db.keep("mentions", _MENTIONS)
    return Section(
        name="clinician",
        title="Clinician",
        question="Which medicine is in it?",
        figures=[
            Figure.of("specialties", "Specialties, kinds and languages", db.ask(_TOPICS), bars="tokens"),
            Figure.of("entities", "What is mentioned most, by label", db.ask(_ENTITIES), bars="mentions"),
            Figure.of(
                "missing",
                "Common conditions and drugs that nothing mentions",
                _missing(db),
                "Of the lists of common conditions and of essential medicines in the languages of the corpus.",
            ),
            Figure.of("together", "Diseases and drugs in the same record", db.ask(_TOGETHER), bars="records"),
            Figure.of("relations", "What is said of it most", db.ask(_RELATIONS), bars="times"),
            Figure.of(
                "contradictions",
                "What is said and denied",
                db.ask(_CONTRADICTIONS),
                "Pairs of concepts of which some records say a relation and others deny it: to be read by somebody.",
            ),
            Figure.of("relevance", "Documents with the fewest medical words", db.ask(_LEAST)),
        ],
    )


def _missing(db: Database) -> pa.Table:
    """Those of the common terms, in the languages of the corpus, of which no name stands in any mention."""
    from ahocorasick_rs import AhoCorasick

    terms = db.ask("select kind, lang, names from common_terms where lang in (select lang from records)").to_pylist()
    names = [(name, number) for number, term in enumerate(terms) for name in term["names"]]
    said = "\n".join(db.ask("select distinct said from mentions")["said"].to_pylist())
    found = AhoCorasick([name for name, _ in names]).find_matches_as_indexes(said, overlapping=True)
    seen = {names[name][1] for name, _, _ in found}
    rows = [
        {"kind": term["kind"], "lang": term["lang"], "term": term["names"][0]}
        for number, term in enumerate(terms)
        if number not in seen
    ]
    rows.sort(key=lambda row: (row["lang"], row["kind"], row["term"]))
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in ("kind", "lang", "term")]))


_TOPICS = """
select coalesce(specialty, 'none told') as specialty, coalesce(kind, 'none told') as kind, lang,
    source_type, count(*) as records, sum(tokens) as tokens, sum(tokens) / sum(sum(tokens)) over () as share
from records group by all order by tokens desc, specialty, kind, lang, source_type
"""
_MENTIONS = """
select label, said, count(*) as mentions, count(distinct id) as records, avg(negated::int) as denied_share, min(concept) as concept
from (
    select id, lower(text[mention.start + 1 : mention."end"]) as said, mention.label as label, mention.negated as negated,
        mention.concept_id as concept
    from (select id, text, unnest(entities) as mention from shards)
) group by label, said
"""
_TOGETHER = """
with concepts as (
    select label, concept, arg_max(said, mentions) as said, row_number() over (partition by label order by sum(mentions) desc, concept) as place
    from mentions where concept is not null and label in ('disease', 'drug') group by label, concept
), held as (
    select distinct id, concepts.label, concepts.concept, concepts.said
    from (select id, unnest(list_distinct(list_transform(entities, lambda one: one.concept_id))) as concept from shards) as used
    join concepts using (concept) where place <= 300
)
select one.said as disease, other.said as drug, count(*) as records
from held as one join held as other on one.id = other.id and one.label = 'disease' and other.label = 'drug'
group by disease, drug order by records desc, disease, drug limit 50
"""
_ENTITIES = """
select label, said, mentions, records, denied_share from mentions
qualify row_number() over (partition by label order by mentions desc, said) <= 20
order by label, mentions desc, said
"""
_SAID = """
with told as (
    select id, doc_id, fact.label as relation, fact.polarity as polarity,
        entities[fact.head + 1] as head, entities[fact.tail + 1] as tail, text
    from (select id, doc_id, text, entities, unnest(relations) as fact from shards)
), facts as (
    select id, doc_id, relation, polarity, coalesce(head.concept_id, lower(text[head.start + 1 : head."end"])) as head,
        coalesce(tail.concept_id, lower(text[tail.start + 1 : tail."end"])) as tail,
        lower(text[head.start + 1 : head."end"]) as head_said, lower(text[tail.start + 1 : tail."end"]) as tail_said
    from told
)
"""
_RELATIONS = f"""
{_SAID}
select min(head_said) as head, relation, min(tail_said) as tail, count(*) as times, count(distinct doc_id) as documents
from facts where polarity = 'positive' group by facts.head, relation, facts.tail
order by times desc, head, relation, tail limit 100
"""
_CONTRADICTIONS = f"""
{_SAID}
select min(head_said) as head, relation, min(tail_said) as tail,
    sum((polarity = 'positive')::int) as said, sum((polarity = 'negative')::int) as denied,
    min(id) filter (polarity = 'positive') as said_in, min(id) filter (polarity = 'negative') as denied_in
from facts group by facts.head, relation, facts.tail
having sum((polarity = 'positive')::int) > 0 and sum((polarity = 'negative')::int) > 0
order by least(said, denied) desc, head, relation, tail limit 100
"""
_LEAST = """
select doc_id, min(source) as source, min(lang) as lang, sum(tokens) as tokens,
    sum(medical_density * tokens) / sum(tokens) as medical_density, sum(medical_cues * tokens) / sum(tokens) as medical_cues
from records where augmentation is null group by doc_id order by medical_density nulls last, doc_id limit 30
"""
